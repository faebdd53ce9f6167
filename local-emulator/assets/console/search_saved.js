// The present person's saved searches.

import { ago } from './ago.js';
import { api } from './api.js';
import { address, ofRequest } from './search_address.js';
import { DEGRADED, MISSING, cadence, inWords } from './search_words.js';
import { carefully, count, make, nothing, section, table } from './dom.js';

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const list = make('div', {});
  root.append(section('My saved searches', make('p', { class: 'soft' }, 'You are told in your inbox, and by mail if you chose so, of documents that are new in them.'), fault, note, list));
  const act = what => async () => {
    fault.textContent = note.textContent = '';
    try {
      const said = await what();
      await load();
      if (said) note.textContent = said;
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  const run = one => act(async () => {
    const ran = await api(`/v1/search/saved/${one.id}/run`, { method: 'POST' });
    const many = ran.new.length;
    const said = many === 0 ? `Nothing is new in ${one.name}.` : `${count(many)} ${many === 1 ? 'document is' : 'documents are'} new in ${one.name}.`;
    return ran.degraded ? `${said} ${DEGRADED[ran.degraded] || ''}` : said;
  });
  async function load() {
    const { saved } = await api('/v1/search/saved');
    if (stopped.aborted) return;
    list.replaceChildren(saved.length ? table([
      { title: 'Name', of: one => make('a', { href: address(ofRequest(one.search)) }, one.name), wrap: true },
      { title: 'What', of: one => inWords(ofRequest(one.search)), wrap: true },
      { title: 'How often', of: one => cadence(one.notify) },
      { title: 'Told of', of: one => count(one.told), number: true },
      { title: 'Last run', of: one => one.last_run_at ? ago(one.last_run_at) : 'not yet' },
      { title: 'Next run', of: one => one.next_run_at ? ago(one.next_run_at) : '' },
      { title: '', of: one => make('div', { class: 'buttons' }, make('button', { type: 'button', class: 'quiet small', onclick: run(one) }, 'Run it now'), carefully('Delete', 'Really?', act(() => api(`/v1/search/saved/${one.id}`, { method: 'DELETE' }).then(() => '')))) },
    ], saved, { caption: 'Saved searches' }) : nothing('No search is saved', 'Search for something, then press “Save this search”.', make('a', { href: '#search', class: 'button small' }, 'Search')));
  }
  try {
    await load();
  } catch (error) {
    fault.textContent = error.status === 404 ? MISSING : error.message;
  }
}
