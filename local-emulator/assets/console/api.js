// Asking the platform and the emulator.

// A demonstration opens as a person of its own, and keeps who acts there apart.
const host = document.querySelector('meta[name="octavo-identity"]');
const KEPT = host ? 'octavo.identity.demo' : 'octavo.identity';
// A window's own person first: two windows may be two people, and stay so when they are loaded again.
const stored = () => { try { return JSON.parse(sessionStorage.getItem(KEPT) || localStorage.getItem(KEPT)); } catch { return null; } };

/** Who acts. */
export let identity = { ...(host ? JSON.parse(host.content) : { tenant: 'acme', user: 'ada', roles: ['admin', 'operator'] }), ...stored() };
let token = null;

/** Acts as somebody else from now on. Fails if there can be no such person. */
export async function actAs(wanted) {
  token = (await emulator('/_octavo/token', { method: 'POST', json: wanted })).token;
  identity = wanted;
  try { for (const place of [sessionStorage, localStorage]) place.setItem(KEPT, JSON.stringify(wanted)); } catch { /* Not kept, then. */ }
}

/** The present person's token, for clients that send it themselves; `fresh`: not one that was refused. */
export async function bearer(fresh = false) {
  if (fresh || token === null) await actAs(identity);
  return token;
}

/** A refusal: `status`, `code`, and `fields` (`field`, `message`) where parts of the request are wrong. */
export class Refusal extends Error {
  constructor(status, body, fallback) {
    // The AI protocols and the Step Functions API have forms of their own for refusals.
    const inner = body && body.error;
    super((inner && inner.message) || (body && (body.detail || body.message)) || fallback || `status ${status}`);
    this.status = status;
    this.body = body || {};
    this.code = (body && (body.code || body.__type)) || (inner && inner.code) || null;
    this.fields = (body && body.errors) || (inner && inner.fields) || [];
  }
}

async function send(path, { json, headers = {}, ...options }) {
  const body = json === undefined ? options.body : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(path, { ...options, body, headers: { ...type, ...headers } });
  if (response.ok) return response;
  throw new Refusal(response.status, await response.json().catch(() => null), response.statusText);
}

const parsed = response => response.status === 204 ? null : response.json();

/** Asks the emulator's own API. */
export const emulator = async (path, options = {}) =>
  parsed(await send(path, { ...options, headers: { 'x-octavo-console': '1', ...options.headers } }));

/** The same for what is no JSON. */
export const emulatorText = async path => (await send(path, { headers: { 'x-octavo-console': '1' } })).text();

/** Asks the platform as the present person, and gives the response itself. */
export async function raw(path, options = {}) {
  const as = () => ({ ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
  if (token === null) await actAs(identity);
  try {
    return await send(path, as());
  } catch (error) {
    if (error.status !== 401) throw error;
    // A restarted emulator that keeps nothing has a new key.
    await actAs(identity);
    return send(path, as());
  }
}

/** Asks the platform as the present person. */
export const api = async (path, options = {}) => parsed(await raw(path, options));

/**
 * Sends a body as the present person and tells how far it is, which `fetch` cannot: `progress(share)`, 0 to 1. Gives the
 * answer, parsed. `stopped` gives it up.
 */
export async function upload(path, { method = 'POST', body, headers = {}, progress = () => {}, stopped }) {
  const once = async () => {
    const bearing = await bearer();
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, path);
      for (const [name, value] of Object.entries({ ...headers, authorization: `Bearer ${bearing}` })) request.setRequestHeader(name, value);
      request.responseType = 'json';
      request.upload.onprogress = event => { if (event.lengthComputable) progress(event.loaded / event.total); };
      request.onload = () => request.status < 300 ? resolve(request.response) : reject(new Refusal(request.status, request.response, request.statusText));
      request.onerror = () => reject(new Refusal(0, null, 'the connection was lost'));
      request.onabort = () => reject(new Refusal(0, null, 'it was given up'));
      if (stopped) stopped.addEventListener('abort', () => request.abort(), { once: true });
      request.send(body);
    });
  };
  try {
    return await once();
  } catch (error) {
    if (error.status !== 401) throw error;
    await bearer(true);
    return once();
  }
}

/** The events of a stream (`text/event-stream`), each parsed; ends at `[DONE]`. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n');
      if (data === '[DONE]') return;
      if (data) yield JSON.parse(data);
    }
  }
}

/** Does `act` now and again after `pause` milliseconds, until `stopped`; a hidden page is asked less often. */
export function poll(stopped, pause, act) {
  const turn = async () => {
    if (stopped.aborted) return;
    try { await act(); } catch (error) { if (!stopped.aborted) console.warn(error); }
    if (!stopped.aborted) setTimeout(turn, document.hidden ? Math.max(pause, 10000) : pause);
  };
  turn();
}
