-- KEYS: histories. Answers epoch and offset of each one's top, separated by a blank; false where there is none.
local tops = {}
for at, key in ipairs(KEYS) do
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  tops[at] = last and string.match(last[2][2], '^\1(%w+ %d+)\n') or false
end
return tops
