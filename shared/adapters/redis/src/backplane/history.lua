-- KEYS: history, promised epoch. ARGV: epoch and offset after which is asked (an empty epoch: only the top), most
-- entries, most bytes, epoch to promise, milliseconds that the promise is kept.
-- Answers epoch and offset of the top, whether all that came after is here, and it.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not last then
  local promised = redis.call('GET', KEYS[2])
  if promised then
    redis.call('PEXPIRE', KEYS[2], ARGV[6])
  else
    promised = ARGV[5]
    redis.call('SET', KEYS[2], promised, 'PX', ARGV[6])
  end
  local whole = ARGV[1] == '' or (ARGV[1] == promised and tonumber(ARGV[2]) == 0)
  return {promised, '0', whole and 1 or 0, {}}
end
local epoch, top = string.match(last[2][2], '^\1(%w+) (%d+)\n')
if not epoch then return redis.error_reply('OCTAVOFOREIGN the history holds what is no message') end
if ARGV[1] == '' then return {epoch, top, 1, {}} end
local after = tonumber(ARGV[2])
local missed = tonumber(top) - after
if ARGV[1] ~= epoch or missed < 0 or missed > tonumber(ARGV[3]) then return {epoch, top, 0, {}} end
local found, bytes = {}, 0
-- In pieces, so that a history of large messages is not read further than it is sent.
while #found < missed do
  local from = string.format('%.0f-0', after + #found + 1)
  local piece = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 64)
  -- The first one tells whether the oldest are gone.
  if not piece[1] or piece[1][1] ~= from then return {epoch, top, 0, {}} end
  for _, entry in ipairs(piece) do
    bytes = bytes + #entry[2][2]
    if bytes > tonumber(ARGV[4]) then return {epoch, top, 0, {}} end
    found[#found + 1] = entry[2][2]
  end
end
return {epoch, top, 1, found}
