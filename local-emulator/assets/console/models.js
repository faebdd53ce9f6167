// The models that the present person may ask.

import { api } from './api.js';
import { make } from './dom.js';

/** A choice of models: the tiers, then the models by provider. `first`: options before them, as `[value, text]`. */
export async function modelChoice(properties, first = []) {
  const select = make('select', properties, first.map(([value, text]) => make('option', { value }, text)));
  const { data } = await api('/v1/models');
  const chats = data.filter(model => model.octavo.kind !== 'embedding');
  for (const owner of [...new Set(chats.map(model => model.owned_by))]) {
    const label = owner === 'octavo' ? 'Tiers' : owner;
    select.append(make('optgroup', { label }, chats.filter(model => model.owned_by === owner).map(model =>
      make('option', { value: model.id }, owner === 'octavo' ? model.id : `${model.id}${model.octavo.tier ? ` (${model.octavo.tier})` : ''}`))));
  }
  return select;
}
