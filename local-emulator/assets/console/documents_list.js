// The documents that the present person may read: found by title, tag, owner and format, put in order, page by page; new ones
// are dropped onto it. What is chosen stands in the address.

import { ago, by } from './ago.js';
import { api, identity } from './api.js';
import { access, asked, FORMATS, format } from './document_words.js';
import { bytes, choice, make, nothing, segments, table } from './dom.js';
import { uploads } from './documents_upload.js';

const PAGE = 25;
/** Milliseconds without a key before what is typed is asked for. */
const PAUSE = 200;
const ORDERS = [['', 'last changed first'], ['created', 'newest first'], ['title', 'by title']];

export function list(root, stopped, given) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const title = make('input', { type: 'search', name: 'title', autocomplete: 'off', placeholder: 'that begin so', value: given.get('title') || '' });
  const owner = make('input', { name: 'owner', autocomplete: 'off', spellcheck: false, placeholder: 'anybody', value: given.get('owner') || '' });
  const tag = make('input', { name: 'tag', autocomplete: 'off', spellcheck: false, placeholder: 'any', value: given.getAll('tag').join(', ') });
  const type = choice([['', 'every format'], ...FORMATS], given.get('type') || '', { name: 'type' });
  const order = choice(ORDERS, given.get('order') || '', { name: 'order' });
  let deleted = given.get('deleted') === 'true';
  const found = make('div', { 'aria-live': 'polite' });
  const more = make('button', { type: 'button', class: 'quiet', hidden: true }, 'More documents');
  const which = segments('Which documents', [['', 'Documents'], ['true', 'My deleted ones']], deleted ? 'true' : '', value => { deleted = value === 'true'; again(); });
  const place = uploads(root, stopped, () => { if (!deleted) again(); });
  root.append(
    make('p', { class: 'lead' }, `What ${identity.user} of ${identity.tenant} may read.`), place,
    make('section', { 'aria-label': 'Documents', class: 'stack' },
      make('div', { class: 'row' }, make('div', {}, which.node)),
      make('form', { class: 'row', role: 'search', 'aria-label': 'Which documents', onsubmit: event => { event.preventDefault(); again(); } },
        make('label', { class: 'grow' }, 'Titles', title), make('label', {}, 'Tags', tag), make('label', {}, 'Owner', owner), make('label', {}, 'Format', type), make('label', {}, 'Order', order)),
      fault, found, make('p', {}, more)));

  let shown = [];
  let cursor = null;
  let turn = 0;
  const tags = () => tag.value.split(',').map(each => each.trim()).filter(Boolean);
  const chosen = () => ({ title: title.value.trim(), tag: tags(), owner: owner.value.trim(), type: type.value, order: order.value, deleted });

  async function load(next) {
    const mine = ++turn;
    // What follows belongs to what is asked now.
    more.hidden = true;
    const now = chosen();
    history.replaceState(null, '', `#documents${asked(now)}`);
    const query = { limit: PAGE, cursor: next, order: now.order, owner: now.owner, tag: now.tag, media_type: now.type, title_prefix: now.title, deleted: now.deleted };
    try {
      const page = await api(`/v1/documents${asked(query)}`);
      if (mine !== turn || stopped.aborted) return;
      fault.textContent = '';
      shown = next ? [...shown, ...page.documents] : page.documents;
      cursor = page.next_cursor || null;
      more.hidden = !cursor;
      draw(now);
    } catch (error) {
      if (mine === turn && next) more.hidden = false;
      if (mine === turn && !stopped.aborted) fault.textContent = error.fields && error.fields.length ? error.fields.map(each => `${each.field.replace('query:', '')}: ${each.message}`).join('; ') : error.message;
    }
  }

  function draw(now) {
    if (!shown.length) {
      const any = now.title || now.tag.length || now.owner || now.type;
      found.replaceChildren(any ? nothing('No document is like that', 'Take a filter away, or look into the texts instead.', make('a', { href: `#search${asked({ q: now.title })}`, class: 'button quiet small' }, 'Search the texts'))
        : now.deleted ? nothing('Nothing is deleted', 'What you delete can be taken back from here.')
          : nothing('No documents yet', 'Drop files onto this page, or write one.', make('a', { href: '#collaborate', class: 'button small' }, 'Write a document')));
      return;
    }
    found.replaceChildren(table([
      { title: 'Title', of: one => now.deleted ? one.title : make('a', { href: `#documents/${one.id}` }, one.title), wrap: true },
      { title: 'Tags', of: one => one.tags.length ? make('div', { class: 'chips' }, one.tags.map(each => make('button', { type: 'button', class: 'chip', title: `Only those with the tag ${each}`, onclick: () => { tag.value = each; again(); } }, each))) : '' },
      { title: 'Whose', of: one => one.access === 'owner' ? 'yours' : make('span', { title: access(one) }, `${one.owner}’s${one.access === 'editor' ? ', may change' : ''}`) },
      { title: 'Format', of: one => `${format(one.content.media_type)}, ${bytes(one.content.size)}` },
      { title: 'Version', of: one => one.version, number: true },
      now.deleted ? { title: 'Deleted', of: one => ago(one.deleted_at) } : { title: 'Changed', of: one => by(ago(one.updated_at), ` by ${one.updated_by}`) },
      now.deleted ? { title: '', of: one => make('button', { type: 'button', class: 'quiet small', 'aria-label': `Take back ${one.title}`, onclick: () => takeBack(one) }, 'Take it back') } : null,
    ].filter(Boolean), shown, { caption: now.deleted ? 'Deleted documents' : 'Documents' }));
  }

  async function takeBack(one) {
    try {
      await api(`/v1/documents/${one.id}/restore`, { method: 'POST' });
      await load(null);
    } catch (error) {
      fault.textContent = `${one.title}: ${error.message}`;
    }
  }

  let waiting = null;
  const again = () => { clearTimeout(waiting); return load(null); };
  const soon = () => {
    clearTimeout(waiting);
    // The answer that is under way is of before.
    turn += 1;
    more.hidden = true;
    waiting = setTimeout(() => load(null), PAUSE);
  };
  for (const input of [title, owner, tag]) input.oninput = soon;
  for (const select of [type, order]) select.onchange = again;
  more.onclick = () => load(cursor);
  stopped.addEventListener('abort', () => clearTimeout(waiting));
  again();
}
