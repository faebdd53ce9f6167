-- KEYS: open calls, this call, the rates, the budgets. ARGV: call, lease in milliseconds, milliseconds that a call is
-- kept, tokens held back, nanodollars held back, record, number of rates; of each rate: what it takes in microseconds
-- and rest, units a minute, the burst in microseconds and rest; of each budget: name, most tokens (-1: any), most
-- nanodollars (-1: any), milliseconds that it is kept, seed in tokens (-1: none), seed in nanodollars.
-- Answers whole numbers: 0 (granted), then of each rate how far it lies ahead in microseconds and rest, then of each
-- budget tokens and nanodollars; or 1 (rate), its number from 1, how far it lies ahead, microseconds to wait; or 2
-- (budget), its number, tokens, nanodollars; or 3 (unseeded), their numbers.
local calls, call, now = KEYS[1], KEYS[2], server_time()
local id, tokens, nano, rates = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[7])
local budgets, budget_arguments = #KEYS - 2 - rates, 7 + 5 * rates
-- Whoever reserves again takes nothing: it goes through all the same for the answer.
local again = redis.call('EXISTS', call) == 1

-- First everything is looked at, in the order of what it costs the caller to ask again.
local granted, arrivals, refused = { 0 }, {}, nil
for rate = 1, rates do
  local at = 7 + 5 * (rate - 1)
  local us, rest, per = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local burst_us, burst_rest = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if again then us, rest = 0, 0 end
  local new_us, new_rest, ahead_us, ahead_rest = after(KEYS[2 + rate], now, us, rest, per)
  local wait = new_us - now - burst_us
  if new_rest > burst_rest then wait = wait + 1 end
  -- What is more than the burst waits for ever.
  if us > burst_us or (us == burst_us and rest > burst_rest) then wait = 2 ^ 52 end
  -- The longest wait is told: after a shorter one another rate would refuse.
  if wait > 0 and not again and (not refused or wait > refused[5]) then
    refused = { 1, rate, ahead_us, ahead_rest, wait }
  end
  arrivals[rate] = { new_us, new_rest }
  granted[#granted + 1] = new_us - now
  granted[#granted + 1] = new_rest
end
if refused then return refused end

local unseeded, seeds = { 3 }, {}
for budget = 1, budgets do
  local at = budget_arguments + 6 * (budget - 1)
  if redis.call('EXISTS', KEYS[2 + rates + budget]) == 0 then
    if ARGV[at + 5] == '-1' then unseeded[#unseeded + 1] = budget else seeds[#seeds + 1] = budget end
  end
end
if #unseeded > 1 and not again then return unseeded end
-- A seed is what is known, and not what is taken: it stays also where the call is refused. When a counter began goes with
-- it, so that a hold on a counter that got lost is not given back to the one that came after it.
for _, budget in ipairs(seeds) do
  local key, at = KEYS[2 + rates + budget], budget_arguments + 6 * (budget - 1)
  redis.call('HSET', key, 'tokens', ARGV[at + 5], 'nano', ARGV[at + 6], 'began', text(now))
  redis.call('PEXPIRE', key, ARGV[at + 4])
end

-- No sum: what is asked for and what is allowed are at most 2^53, and so exact, but a level and more may be beyond.
local function is_over(level, more, most)
  return most >= 0 and (level > most - more or level >= most)
end
local held = {}
for budget = 1, budgets do
  local at = budget_arguments + 6 * (budget - 1)
  local level = redis.call('HMGET', KEYS[2 + rates + budget], 'tokens', 'nano', 'began')
  local used_tokens, used_nano = tonumber(level[1] or '0'), tonumber(level[2] or '0')
  if not again then
    if is_over(used_tokens, tokens, tonumber(ARGV[at + 2])) or is_over(used_nano, nano, tonumber(ARGV[at + 3])) then
      return { 2, budget, level[1], level[2] }
    end
    -- Redis counts in 64 bits and refuses more: before anything is taken, not in the middle.
    if used_tokens + tokens > 2 ^ 62 or used_nano + nano > 2 ^ 62 then
      return redis.error_reply('OCTAVOFULL a budget cannot count any further')
    end
  end
  held[#held + 1] = 'b' .. budget
  held[#held + 1] = (level[3] or '0') .. ' ' .. ARGV[at + 1]
end

-- Then it is taken.
if not again then
  for rate = 1, rates do
    local us, rest = unpack(arrivals[rate])
    if us >= now then keep_rate(KEYS[2 + rate], now, us, rest) end
  end
  for budget = 1, budgets do
    redis.call('HINCRBY', KEYS[2 + rates + budget], 'tokens', ARGV[4])
    redis.call('HINCRBY', KEYS[2 + rates + budget], 'nano', ARGV[5])
  end
  redis.call('HSET', call, 't', ARGV[4], 'n', ARGV[5], 'r', ARGV[6], unpack(held))
  redis.call('PEXPIRE', call, ARGV[3])
  redis.call('ZADD', calls, text(math.floor(now / 1000) + tonumber(ARGV[2])), id)
  redis.call('PEXPIRE', calls, ARGV[3])
end
for budget = 1, budgets do
  local level = redis.call('HMGET', KEYS[2 + rates + budget], 'tokens', 'nano')
  granted[#granted + 1] = level[1] or '0'
  granted[#granted + 1] = level[2] or '0'
end
return granted
