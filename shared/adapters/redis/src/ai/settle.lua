-- KEYS: open calls, this call, the rates. ARGV: call, what the name of a budget's key begins with, most budgets of a
-- call, tokens used, nanodollars used; of each rate: what is taken in microseconds and rest, units a minute.
-- Answers name, tokens and nanodollars of each budget. Nothing where the call is not open.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return {} end
local names = { 't', 'n' }
for budget = 1, tonumber(ARGV[3]) do names[2 + budget] = 'b' .. budget end
local call = redis.call('HMGET', KEYS[2], unpack(names))
redis.call('DEL', KEYS[2])

local now = server_time()
for rate = 1, #KEYS - 2 do
  local at = 5 + 3 * (rate - 1)
  local us, rest = after(KEYS[2 + rate], now, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
  -- What is taken without asking cannot add up to more than about 70 years.
  if us >= now then keep_rate(KEYS[2 + rate], now, math.min(us, now + 2 ^ 51), rest) end
end

local answer = {}
for budget = 1, tonumber(ARGV[3]) do
  local held = call[2 + budget]
  if not held then break end
  local space = string.find(held, ' ', 1, true)
  local began, name = string.sub(held, 1, space - 1), string.sub(held, space + 1)
  -- In the same slot as the others: every key of a tenant has the tenant's hash tag.
  local key = ARGV[2] .. name
  local counter = redis.call('HGET', key, 'began')
  -- No counter: its period is long over, or it got lost, and the next seed has this call from the ledger. Another
  -- counter than the hold was in: nothing is held there.
  if counter then
    local tokens, nano = tonumber(ARGV[4]), tonumber(ARGV[5])
    if counter == began then tokens, nano = tokens - tonumber(call[1]), nano - tonumber(call[2]) end
    redis.call('HINCRBY', key, 'tokens', text(tokens))
    redis.call('HINCRBY', key, 'nano', text(nano))
    local level = redis.call('HMGET', key, 'tokens', 'nano')
    answer[#answer + 1] = name
    answer[#answer + 1] = level[1]
    answer[#answer + 1] = level[2]
  end
end
return answer
