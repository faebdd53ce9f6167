-- KEYS: breaker. ARGV: failed (0, 1), slow (0, 1), microseconds to the first piece (-1: none), class ('': none), forced
-- length in microseconds (0: none), 1 if that is for the class and no cool-down, half of the window in microseconds,
-- fewest calls, percent of failed calls, percent of slow calls, open_for and open_for_max in microseconds, milliseconds
-- that the state is kept. Answers 1 if it opened or closed.
local key, now, known = KEYS[1], server_time(), state(KEYS[1])
local failed, slow, first, class = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local forced, of_class, half = tonumber(ARGV[5]), ARGV[6] == '1', tonumber(ARGV[7])
local open_for, open_for_max = tonumber(ARGV[11]), tonumber(ARGV[12])
local changes = {}
local function set(name, value)
  changes[#changes + 1] = name
  changes[#changes + 1] = type(value) == 'number' and text(value) or value
end

if first >= 0 then set('t', known.latency and math.floor(0.2 * first + 0.8 * known.latency + 0.5) or first) end
if failed == 1 and class ~= '' then set('e', class) end

local turned = 0
local function open(length, doubled_from)
  set('o', now + length)
  set('l', doubled_from)
  set('p', 0)
  known.o, turned = now + length, 1
end

local function count()
  local calls, failures, slows = known.c, known.f, known.s
  local calls_before, failures_before, slows_before = known.C, known.F, known.S
  local at = math.floor(now / half)
  if at > known.h then
    if at > known.h + 1 then calls, failures, slows = 0, 0, 0 end
    calls_before, failures_before, slows_before = calls, failures, slows
    calls, failures, slows = 0, 0, 0
    set('h', at)
    set('C', calls_before)
    set('F', failures_before)
    set('S', slows_before)
  end
  calls, failures, slows = calls + 1, failures + failed, slows + slow
  set('c', calls)
  set('f', failures)
  set('s', slows)
  return calls + calls_before, failures + failures_before, slows + slows_before
end

if known.o == 0 then
  local calls, failures, slows = count()
  if forced > 0 then
    open(forced, of_class and open_for_max or open_for)
  elseif calls >= tonumber(ARGV[8])
    and (failures * 100 >= tonumber(ARGV[9]) * calls or slows * 100 >= tonumber(ARGV[10]) * calls) then
    open(open_for, open_for)
  end
elseif now >= known.o and now < known.p then
  -- Half-open, and the probe is under way: this is its outcome.
  if failed == 0 and slow == 0 then
    for _, name in ipairs({ 'c', 'f', 's', 'C', 'F', 'S', 'o', 'l', 'p' }) do set(name, 0) end
    known.o, turned = 0, 1
  else
    local length = math.min(known.l == 0 and open_for or 2 * known.l, open_for_max)
    if of_class then length = open_for_max end
    open(math.max(length, forced), length)
  end
elseif forced > 0 and now + forced > known.o then
  -- A straggler, not counted; but what it was told holds, and never shortens.
  set('o', now + forced)
  set('p', 0)
  known.o = now + forced
end
if #changes > 0 then redis.call('HSET', key, unpack(changes)) end
keep(key, known.o, now, ARGV[13])
return turned
