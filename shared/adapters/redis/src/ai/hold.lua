-- KEYS: breaker. ARGV: microseconds to stay open, open_for in microseconds, milliseconds that the state is kept.
local now = server_time()
local open_until = now + tonumber(ARGV[1])
redis.call('HSET', KEYS[1], 'o', text(open_until), 'l', ARGV[2], 'p', '0')
keep(KEYS[1], open_until, now, ARGV[3])
return 1
