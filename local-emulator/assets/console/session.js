// A document that is edited together: its Yjs document, the connection to the node, and whether everything has been sent.

import { bearer, identity } from './api.js';
import { node } from './hub.js';

/** How the node says that a token is good no more: with a new one it may be tried again. */
const TOKEN_CLOSED = 4401;

/** Milliseconds after which what was typed is asked for whether it came, and how long the answer may take. */
const ASKED_AFTER = 1000;
const ANSWER_WITHIN = 6000;
/** The same where the browser says that there is no network: it may be wrong, for the node may be on this machine. */
const ANSWER_WITHIN_OFFLINE = 2000;

/** The Yjs protocol's messages: synchronise, by a state vector and by what that lacks; and a refusal. */
const SYNC = 0;
const DENIED = 2;
const STEP_1 = 0;
const STEP_2 = 1;

/** Colours of people: white text on each is readable, and each is seen on a light and on a dark page. */
const COLOURS = ['#b2571b', '#84701c', '#4d7c22', '#1f8148', '#1b7d7b', '#2474b8', '#6a66c9', '#a153b5', '#c24a84', '#c2464e'];

/** A person's colour: the same everywhere, for it follows from the name. */
export function colour(name) {
  let sum = 7;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) % 65521;
  return COLOURS[sum % COLOURS.length];
}

const NAME_CHARS_MAX = 64;

// What was typed while the connection was away must survive a look at another page: such sessions stay until it is sent.
const kept = new Map();

addEventListener('beforeunload', event => {
  if ([...kept.values()].some(session => session.unsent)) event.preventDefault();
});

/** The session of a document, begun or taken up again. */
export async function session(id, readOnly) {
  const key = JSON.stringify([identity.tenant, identity.user, id]);
  const found = kept.get(key);
  if (found && found.readOnly === readOnly) {
    found.left = false;
    if (found.state === 'ended') await found.again();
    return found;
  }
  // Whoever may write no more cannot send what waits; whoever may now gets a session in which it counts.
  if (found) found.end();
  const [address, token, library] = [await node(), await bearer(), await import('/vendor/editor.js')];
  const made = new Session(library, address, id, readOnly, token, () => kept.delete(key));
  kept.set(key, made);
  return made;
}

/** A whole number as the protocol writes it: seven bits a byte, the lowest first. */
const number = value => value < 128 ? [value] : [128 | value % 128, ...number(Math.floor(value / 128))];

class Session extends EventTarget {
  constructor(library, address, id, readOnly, token, forget) {
    super();
    this.library = library;
    this.readOnly = readOnly;
    this.person = { tenant: identity.tenant, user: identity.user };
    this.forget = forget;
    /** `connecting`, `connected`, `offline` or `ended`. */
    this.state = 'connecting';
    this.why = '';
    this.unsent = 0;
    this.asking = null;
    this.asked = null;
    this.left = false;
    this.ended = false;
    this.doc = new library.Doc();
    this.text = this.doc.getText('content');
    this.undo = new library.UndoManager(this.text);
    // No channel between tabs: two tabs may be two people, of whom one may not see what the other does.
    this.provider = new library.WebsocketProvider(`${address.replace(/^http/, 'ws')}/yjs`, id, this.doc, { params: { access_token: token }, disableBc: true, connect: false });
    this.awareness = this.provider.awareness;
    const name = identity.user;
    this.awareness.setLocalStateField('user', { name, color: colour(name), colorLight: `${colour(name)}33` });
    this.doc.on('update', (_, origin) => {
      if (origin === this.provider) return;
      this.unsent += 1;
      this.ask(ASKED_AFTER);
      this.tell();
    });
    this.hear();
    this.provider.on('sync', synced => { if (synced) this.became('connected'); });
    this.provider.on('status', ({ status }) => {
      if (status !== 'disconnected') return;
      if (this.asked) clearTimeout(this.asked.late);
      this.asked = null;
      this.became('offline');
    });
    this.provider.on('connection-error', () => this.became('offline'));
    this.provider.on('closed', ({ code, reason }) => this.closed(code, reason));
    this.provider.connect();
  }

  became(state, why = '') {
    if (this.ended) return;
    this.state = state;
    this.why = why;
    this.tell();
    if (this.left && !this.unsent) this.end();
  }

  // A socket does not say what arrived, and one without a network seems open for long. The server answers a state vector
  // after everything that was sent before it: that is the proof, and its absence the sign.
  ask(after, within = ANSWER_WITHIN) {
    if (this.asking) return;
    this.asking = setTimeout(() => {
      this.asking = null;
      const { ws, wsconnected } = this.provider;
      if (!wsconnected || this.asked || this.ended) return;
      const vector = this.library.encodeStateVector(this.doc);
      const late = setTimeout(() => { this.provider.disconnect(); this.provider.connect(); }, within);
      this.asked = { edits: this.unsent, late };
      ws.send(Uint8Array.from([SYNC, STEP_1, ...number(vector.length), ...vector]));
    }, after);
  }

  hear() {
    const { messageHandlers } = this.provider;
    const handle = messageHandlers[SYNC];
    messageHandlers[SYNC] = (encoder, decoder, ...rest) => {
      const kind = decoder.arr[decoder.pos];
      handle(encoder, decoder, ...rest);
      // The answer to the server's own state vector brings it all that was typed while it was away.
      if (kind === STEP_1) this.ask(0);
      if (kind === STEP_2) this.proven();
    };
    // Nothing that is typed from now on would be taken.
    messageHandlers[DENIED] = () => {
      this.provider.disconnect();
      this.became('ended', 'You may not change this document any more.');
    };
    const network = () => this.ask(0, ANSWER_WITHIN_OFFLINE);
    for (const event of ['offline', 'online']) addEventListener(event, network);
    this.deafen = () => { for (const event of ['offline', 'online']) removeEventListener(event, network); };
  }

  proven() {
    if (!this.asked) return;
    clearTimeout(this.asked.late);
    this.unsent = Math.max(0, this.unsent - this.asked.edits);
    this.asked = null;
    if (this.unsent) this.ask(ASKED_AFTER);
    this.tell();
    if (this.left && !this.unsent) this.end();
  }

  async closed(code, why) {
    const same = this.person.tenant === identity.tenant && this.person.user === identity.user;
    if (code === TOKEN_CLOSED && same && !this.renewed) {
      // Once: a node that refuses a fresh token as well will not take the next.
      this.renewed = true;
      this.provider.params = { access_token: await bearer(true) };
      this.provider.connect();
      return;
    }
    this.became('ended', why || `the node closed the connection (${code})`);
  }

  /** Tries again after the node ended it. */
  async again() {
    this.provider.params = { access_token: await bearer(true) };
    this.renewed = false;
    this.became('connecting');
    this.provider.connect();
  }

  tell() { this.dispatchEvent(new Event('change')); }

  /** The page is left: the session ends as soon as everything is sent. */
  leave() {
    this.left = true;
    this.awareness.setLocalStateField('cursor', null);
    if (!this.unsent) this.end();
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.forget();
    this.deafen();
    clearTimeout(this.asking);
    if (this.asked) clearTimeout(this.asked.late);
    this.provider.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  /** The others' states as the editor may show them: who somebody is comes from elsewhere, so nothing of it is trusted. */
  people() {
    const { awareness, doc, library } = this;
    const placed = cursor => {
      try {
        for (const end of [cursor.anchor, cursor.head]) library.createAbsolutePositionFromRelativePosition(end, doc);
        return cursor;
      } catch {
        return null;
      }
    };
    const shown = ({ user, cursor }) => {
      const name = String((user && user.name) || 'somebody').slice(0, NAME_CHARS_MAX);
      return { user: { name, color: colour(name), colorLight: `${colour(name)}33` }, cursor: cursor ? placed(cursor) : null };
    };
    return {
      doc,
      on: (...all) => awareness.on(...all),
      off: (...all) => awareness.off(...all),
      getLocalState: () => awareness.getLocalState(),
      setLocalStateField: (...all) => awareness.setLocalStateField(...all),
      getStates: () => new Map([...awareness.getStates()].map(([client, state]) => [client, shown(state)])),
    };
  }
}
