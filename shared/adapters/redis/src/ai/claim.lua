-- KEYS: answer, claim. ARGV: token, lease in milliseconds. Answers: the kept answer; or 1 if the claim is this token's
-- now (also where it was: who asks again because an answer got lost has it still), 0 if it is another's.
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
