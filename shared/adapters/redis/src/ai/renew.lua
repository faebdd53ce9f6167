-- KEYS: claim. ARGV: token, lease in milliseconds. Answers 1 if the claim was still this token's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
