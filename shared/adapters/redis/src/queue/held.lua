-- Put before retry.lua and bury.lua.

-- The fields of entry `id`, if the delivery number `count` of it is the one that is held now. A receipt of an earlier
-- delivery answers too late: somebody else holds the entry by now, or it is done.
local function held(stream, group, id, count)
  local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
  if not pending or pending[4] ~= tonumber(count) then return nil end
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return entry and entry[2]
end

-- The fields for its next life: deliveries added up, the failure appended, the oldest failures dropped. Without a
-- failure ('') the present delivery does not count.
local function carried(fields, count, failure, failures_max)
  local kept, failures = {}, {}
  local counted = tonumber(count)
  if failure == '' then counted = counted - 1 end
  for at = 1, #fields, 2 do
    local name, value = fields[at], fields[at + 1]
    if name == 'f' then
      failures[#failures + 1] = value
    else
      if name == 'n' then value = string.format('%.0f', tonumber(value) + counted) end
      kept[#kept + 1] = name
      kept[#kept + 1] = value
    end
  end
  if failure ~= '' then failures[#failures + 1] = failure end
  for at = math.max(1, #failures - failures_max + 1), #failures do
    kept[#kept + 1] = 'f'
    kept[#kept + 1] = failures[at]
  end
  return kept
end
