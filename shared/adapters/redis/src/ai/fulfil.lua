-- KEYS: answer, claim. ARGV: token, answer, milliseconds that it is kept. The answer is kept whoever has the claim: it is
-- right all the same, and who waits for another need not.
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
