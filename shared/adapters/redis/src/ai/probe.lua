-- KEYS: breaker. ARGV: lease in microseconds, milliseconds that the state is kept. Answers 1 if the caller may call.
local now, known = server_time(), state(KEYS[1])
if known.o == 0 then return 1 end
if now < known.o or now < known.p then return 0 end
local probe_until = now + tonumber(ARGV[1])
redis.call('HSET', KEYS[1], 'p', text(probe_until))
keep(KEYS[1], probe_until, now, ARGV[2])
return 1
