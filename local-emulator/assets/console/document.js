// One document: its text, its versions, with whom it is shared, what it is called; and those that are like it.

import { ago } from './ago.js';
import { api, identity, raw } from './api.js';
import { access, etag, format, WRITTEN } from './document_words.js';
import { bytes, carefully, make } from './dom.js';
import { about } from './document_about.js';
import { preview } from './document_preview.js';
import { sharing } from './document_sharing.js';
import { versions } from './document_versions.js';
import { alike } from './search_similar.js';

const VIEWS = { '': preview, versions, sharing, about };
const LINKS = [['', 'Read'], ['versions', 'Versions'], ['sharing', 'Sharing'], ['about', 'Title and tags']];

/** Opens the document `id` at `view`. Gives what hears of another view of the same one. */
export async function opened(root, stopped, id, view) {
  root.classList.add('own-title');
  const back = make('p', { class: 'crumb' }, make('a', { href: '#documents' }, '← Documents'));
  let subject;
  try {
    subject = await api(`/v1/documents/${encodeURIComponent(id)}`);
  } catch (error) {
    if (stopped.aborted) return null;
    root.append(back, error.status === 410 ? deleted(id) : make('p', { class: 'fault', role: 'alert' },
      error.status === 404 || error.status === 400 ? `There is no such document that ${identity.user} of ${identity.tenant} may read.` : error.message));
    return null;
  }
  if (stopped.aborted) return null;
  const head = make('header', { class: 'document-head' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const nav = make('nav', { class: 'below', 'aria-label': 'Of this document' });
  const place = make('div', {});
  const like = make('div', {});
  root.append(back, head, fault, nav, place, like);
  let shown = null;

  const download = make('button', { type: 'button', class: 'quiet small' }, 'Download');
  download.onclick = async () => {
    fault.textContent = '';
    try {
      const address = URL.createObjectURL(await (await raw(`/v1/documents/${id}/content`)).blob());
      make('a', { href: address, download: subject.content.file_name || subject.title }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  const remove = carefully('Delete', 'Really delete it?', async () => {
    try {
      await api(`/v1/documents/${id}`, { method: 'DELETE', headers: { 'if-match': etag(subject) } });
      location.hash = '#documents';
    } catch (error) {
      fault.textContent = error.status === 412 ? 'Somebody changed it meanwhile. Look at it again before you delete it.' : error.message;
    }
  });

  function draw() {
    document.title = `${subject.title} – Octavo`;
    head.replaceChildren(make('h1', {}, subject.title),
      make('p', { class: 'soft' }, `${format(subject.content.media_type)}, ${bytes(subject.content.size)}, version ${subject.version}; ${access(subject)}; changed `, ago(subject.updated_at), ` by ${subject.updated_by}`),
      subject.tags.length ? make('div', { class: 'chips' }, subject.tags.map(tag => make('a', { class: 'chip', href: `#documents?${new URLSearchParams({ tag })}` }, tag))) : null,
      make('div', { class: 'buttons' },
        WRITTEN.includes(subject.content.media_type) && subject.access !== 'viewer' ? make('a', { href: `#collaborate/${id}`, class: 'button small' }, 'Edit together') : null,
        download, subject.access === 'owner' ? remove : null));
  }

  /** The document as it is now, from whoever changed or looked it up. */
  const changed = now => { subject = now; draw(); };

  function turn(name) {
    const known = Object.hasOwn(VIEWS, name) ? name : '';
    if (shown) shown.abort();
    shown = new AbortController();
    stopped.addEventListener('abort', () => shown.abort());
    nav.replaceChildren(...LINKS.map(([to, text]) => make('a', { href: to ? `#documents/${id}/${to}` : `#documents/${id}`, 'aria-current': to === known ? 'page' : null }, text)));
    const panel = make('div', {});
    place.replaceChildren(panel);
    VIEWS[known](panel, shown.signal, subject, changed);
  }
  draw();
  turn(view);
  alike(like, stopped, id);
  return rest => {
    const [other, next] = rest.split('/');
    if (other !== id) return false;
    turn(next || '');
    return true;
  };
}

/** The owner's own, deleted. */
function deleted(id) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const button = make('button', { type: 'button' }, 'Take it back');
  button.onclick = async () => {
    try {
      await api(`/v1/documents/${id}/restore`, { method: 'POST' });
      dispatchEvent(new HashChangeEvent('hashchange'));
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  return make('div', { class: 'nothing' }, make('b', {}, 'You deleted this document'), make('p', {}, 'It can be taken back as it was, with everybody it was shared with.'), make('div', { class: 'buttons' }, button), fault);
}
