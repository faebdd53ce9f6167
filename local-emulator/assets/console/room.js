// One document, opened: the editor, how its connection is, who else is here, and the comments.

import { identity } from './api.js';
import { make, moment } from './dom.js';
import { connection, keep, reason } from './hub.js';
import { comments } from './comments.js';
import { editor } from './editing.js';
import { colour, session } from './session.js';

const STATES = {
  connecting: ['starting', 'connecting…', 'asking the node for the document'],
  connected: ['up', 'connected', 'everything is sent'],
  offline: ['starting', 'offline:', 'your changes are kept here and sent when the connection is back.'],
  ended: ['down', 'ended', ''],
};

const waiting = edits => edits === 0 ? '' : edits === 1 ? 'One change waits.' : `${edits} changes wait.`;

export async function room(root, stopped, subject) {
  const readOnly = subject.access === 'viewer';
  const chip = make('span', { class: 'state' });
  const words = make('span', { class: 'soft' });
  const again = make('button', { type: 'button', class: 'small', hidden: true }, 'Try again');
  const state = make('p', { class: 'line', role: 'status' }, chip, ' ', words, ' ', again);
  const saved = make('p', { class: 'line soft', role: 'status' }, `Version ${subject.version}, of ${moment(subject.updated_at)}`);
  const people = make('ul', { class: 'people' });
  const live = make('p', { class: 'line soft', role: 'status' }, 'Asking who is here…');
  const place = make('div', { class: 'place' }, make('p', { class: 'empty' }, 'The document is being fetched…'));
  const heading = make('h2', { id: 'opened-title' }, subject.title);
  const side = make('aside', { 'aria-label': 'People and comments' });
  root.append(make('section', { 'aria-labelledby': heading.id }, heading, make('div', { class: 'facts-line' }, state, saved),
    readOnly ? make('p', { class: 'banner' }, `You may read this document, not change it: ${subject.owner} shared it with you as a viewer.`) : null,
    make('div', { class: 'room' }, place, side)));

  const mine = await session(subject.id, readOnly);
  if (stopped.aborted) { mine.leave(); return; }
  let shown = null;
  let isLocked = false;
  const show = () => {
    const [kind, label, said] = STATES[mine.state];
    chip.className = `state ${kind}`;
    chip.textContent = label;
    words.textContent = mine.state === 'ended' ? mine.why : readOnly ? '' : mine.state === 'offline' ? `${said} ${waiting(mine.unsent)}`.trim() : mine.unsent ? 'sending…' : said;
    people.classList.toggle('stale', mine.state !== 'connected');
    again.hidden = mine.state !== 'ended';
    // An empty editor before the text is there would invite to write over it.
    if (!shown && (mine.state === 'connected' || mine.text.length)) {
      shown = editor(mine, `Text of ${subject.title}`);
      place.replaceChildren(shown.host);
    }
    // What is typed after the end would reach nobody.
    if (shown && isLocked !== (mine.state === 'ended')) {
      isLocked = !isLocked;
      shown.lock(isLocked);
    }
  };
  // The page as a whole: what one may do with the document can have changed.
  again.onclick = () => dispatchEvent(new HashChangeEvent('hashchange'));
  mine.addEventListener('change', show);
  show();
  stopped.addEventListener('abort', () => {
    mine.removeEventListener('change', show);
    if (shown) shown.view.destroy();
    mine.leave();
  });

  const hub = await connection('collaboration');
  if (stopped.aborted) return;
  const panel = comments(hub, subject, {
    anchor: () => shown && shown.view.state.selection.main.head,
    session: mine,
    show: position => shown && shown.mark(position),
  });
  side.append(make('h3', {}, 'Here now'), people, live, panel.root);

  let newest = subject.version;
  const version = told => {
    if (told.version <= newest) return;
    newest = told.version;
    saved.textContent = `Saved as version ${newest} at ${new Date().toLocaleTimeString()}`;
  };
  const changed = () => {
    if (saved.textContent.startsWith('Saved as')) saved.textContent = `Version ${newest}, and changes since`;
  };
  mine.text.observe(changed);
  stopped.addEventListener('abort', () => mine.text.unobserve(changed));
  // By connection: somebody may be here twice.
  let present = new Map();
  const showPeople = () => {
    const names = [...new Set(present.values())].sort((one, other) => (other === identity.user) - (one === identity.user) || one.localeCompare(other));
    people.replaceChildren(...names.map(name => {
      const dot = make('span', { class: 'dot', 'aria-hidden': 'true' });
      dot.style.background = colour(name);
      return make('li', {}, dot, name, name === identity.user ? make('small', {}, ' (you)') : null);
    }));
    live.textContent = names.length > 1 ? '' : 'Nobody else.';
  };
  const join = async () => {
    const joined = await hub.invoke('Join', subject.id);
    present = new Map(joined.present.map(one => [one.connection, one.user]));
    showPeople();
    if (joined.version > newest) version(joined);
    await panel.load();
  };

  hub.on('joined', ({ connection: id, user }) => { present.set(id, user); showPeople(); });
  hub.on('presence', ({ connection: id, user }) => { present.set(id, user); showPeople(); });
  hub.on('left', ({ connection: id }) => { present.delete(id); showPeople(); });
  hub.on('document', version);
  hub.on('comment', panel.told);
  hub.on('comment_resolved', panel.told);
  hub.on('comment_deleted', ({ id }) => panel.gone(id));
  hub.on('resync', () => join().catch(error => { live.textContent = reason(error); }));
  hub.on('closed', ({ reason: why }) => {
    people.replaceChildren();
    live.textContent = why === 'deleted' ? 'The document was deleted.' : 'You may not see this document any more.';
  });
  await keep(hub, stopped, {
    ready: join,
    state: (connected, error) => {
      panel.connected(connected);
      if (!connected) live.textContent = error ? `Not known: ${reason(error)}` : 'Not known while the connection is away.';
    },
  });
}
