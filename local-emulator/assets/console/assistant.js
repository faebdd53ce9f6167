// A conversation with a model, by the same API that the SDKs use.

import { api, events, raw } from './api.js';
import { choice, count, dollars, duration, make, tick } from './dom.js';
import { markdown } from './document_markdown.js';
import { modelChoice } from './models.js';
import * as documents from './sources.js';

/** The ledger is written as a call ends: asked so often, with this pause, for what it cost. */
const LEDGER_TRIES = 8;
const LEDGER_PAUSE_MS = 250;
/** So near to the page's end one follows what is written. */
const FOLLOWS_PX = 200;

export async function open(root, stopped) {
  const talk = make('div', { class: 'talk', role: 'log', 'aria-label': 'Conversation' });
  const said = make('textarea', { rows: 2, placeholder: 'Ask something', required: true, autocomplete: 'off' });
  const send = make('button', {}, 'Send');
  const stop = make('button', { type: 'button', class: 'quiet', hidden: true }, 'Stop');
  const anew = make('button', { type: 'button', class: 'quiet' }, 'New conversation');
  const withDocuments = tick('use my documents', false);
  const cache = choice([['', 'cache on'], ['refresh', 'cache: fresh answer'], ['off', 'cache off']], '', { 'aria-label': 'Cache' });
  const fault = make('p', { class: 'fault', role: 'alert' });
  const models = make('div', { class: 'fixed' }, make('span', { class: 'soft' }, 'models…'));
  const form = make('form', { class: 'composer stack' },
    make('label', {}, make('span', { class: 'hidden-label' }, 'Your message'), said),
    make('div', { class: 'buttons' }, send, stop, models, make('div', { class: 'fixed' }, cache), withDocuments, anew), fault);
  root.append(talk, form);

  let messages = [];
  let current = null;
  stopped.addEventListener('abort', () => current && current.abort());
  said.onkeydown = event => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  };
  stop.onclick = () => current && current.abort();
  anew.onclick = () => { if (current) current.abort(); messages = []; talk.replaceChildren(hint()); said.focus(); };
  talk.append(hint());
  said.focus();

  const listed = modelChoice({ 'aria-label': 'Model' });
  form.onsubmit = async event => {
    event.preventDefault();
    const text = said.value.trim();
    if (!text || current) return;
    current = new AbortController();
    send.disabled = true;
    // Somebody may be quicker than the list of models.
    const select = await listed.catch(() => null);
    if (!select || stopped.aborted) {
      current = null;
      send.disabled = false;
      return;
    }
    said.value = '';
    fault.textContent = '';
    stop.hidden = false;
    if (!talk.querySelector('.turn')) talk.replaceChildren();
    talk.append(make('div', { class: 'turn asked' }, make('p', {}, text)));
    const before = messages.length;
    try {
      messages.push({ role: 'user', content: text });
      const answer = await ask({ model: select.value, messages, wish: cache.value, sources: withDocuments.input.checked, talk, signal: current.signal });
      // What was cut off stays in the conversation as far as it came.
      if (answer) messages.push({ role: 'assistant', content: answer });
      else messages.length = before;
    } finally {
      current = null;
      send.disabled = false;
      stop.hidden = true;
      said.focus();
    }
  };

  try {
    models.replaceChildren(await listed);
  } catch (error) {
    models.replaceChildren();
    fault.textContent = `The models cannot be listed: ${error.message}`;
  }
}

const hint = () => make('p', { class: 'soft' }, 'Models are named by tier (fast, standard, best) or exactly. '
  + 'Without a provider’s key the answers are those of the fake providers: made from your words and sources alone.');

/** Asks and shows the answer as it comes. Gives its text, or nothing where there was none. */
async function ask({ model, messages, wish, sources: wanted, talk, signal }) {
  const text = make('div', { class: 'said prose' });
  const facts = make('dl', { class: 'facts' });
  const extras = make('div');
  const turn = make('div', { class: 'turn writing', 'aria-busy': 'true' }, text, extras, facts);
  const told = new Map();
  const tell = (name, value) => { told.set(name, value); facts.replaceChildren(...[...told].map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)))); };
  const reveal = () => turn.scrollIntoView({ block: 'end' });
  const writing = writer(text, reveal);
  talk.append(turn);
  reveal();
  let answer = '';
  let call = null;
  const started = performance.now();
  try {
    const prompt = [...messages];
    if (wanted) {
      const question = prompt.pop().content;
      const found = await documents.find(question);
      tell('sources', found.length ? count(found.length) : 'none found');
      if (found.length) {
        prompt.unshift({ role: 'system', content: documents.RULES });
        prompt.push({ role: 'user', content: `${documents.marked(found)}\n\n${question}` });
        extras.append(...found.map(source => make('details', {}, make('summary', {}, `[${source.number}] ${source.title}`), make('pre', { tabIndex: 0 }, source.text), make('a', { href: `#documents/${source.id}` }, 'Open the document'))));
      } else {
        prompt.push({ role: 'user', content: question });
      }
    }
    const sent = performance.now();
    const response = await raw('/v1/chat/completions', {
      method: 'POST', signal, headers: { 'x-octavo-feature': 'assistant', ...(wish ? { 'x-octavo-cache': wish } : {}) },
      json: { model, messages: prompt, stream: true, stream_options: { include_usage: true } },
    });
    call = response.headers.get('x-octavo-call');
    tell('provider', response.headers.get('x-octavo-provider'));
    tell('model', response.headers.get('x-octavo-model'));
    tell('cache', response.headers.get('x-octavo-cache'));
    let first = true;
    let finish = null;
    for await (const event of events(response)) {
      if (event.error) throw new Error(event.error.message);
      const piece = event.choices && event.choices[0];
      if (piece && piece.delta && piece.delta.content) {
        if (first) { tell('first token', duration(performance.now() - sent)); first = false; }
        answer += piece.delta.content;
        writing.write(answer);
      }
      if (piece && piece.finish_reason) finish = piece.finish_reason;
      if (event.usage) tell('tokens', `${count(event.usage.prompt_tokens)} in, ${count(event.usage.completion_tokens)} out`);
    }
    if (!finish) throw new Error('the stream ended before the answer did');
    if (finish !== 'stop') tell('ended by', finish);
    tell('in all', duration(performance.now() - started));
  } catch (error) {
    if (error.name === 'AbortError') {
      tell('stopped after', duration(performance.now() - started));
    } else {
      turn.classList.add('failed');
      turn.append(make('p', { class: 'fault', role: 'alert' }, error.code ? `${error.message} (${error.code})` : error.message));
    }
  } finally {
    writing.done(answer);
    turn.classList.remove('writing');
    turn.removeAttribute('aria-busy');
    reveal();
  }
  if (call) ledger(call, tell).then(reveal).catch(error => console.warn(error));
  return answer;
}

/**
 * Shows a text that grows as what its Markdown means, and calls `shown` where one follows it. What takes long to lay out is laid
 * out less often: nine tenths of the time are the reader's. `done` shows the whole at once.
 */
function writer(place, shown) {
  let text = '';
  let took = 0;
  let timer = null;
  let over = false;
  const draw = () => {
    timer = null;
    const began = performance.now();
    // Whoever reads further up is left there.
    const follows = document.documentElement.scrollHeight - scrollY - innerHeight < FOLLOWS_PX;
    place.replaceChildren(...markdown(text));
    took = performance.now() - began;
    if (follows) shown();
  };
  return {
    write(now) {
      text = now;
      timer ??= setTimeout(() => requestAnimationFrame(() => { if (!over) draw(); }), took * 9);
    },
    done(now) {
      over = true;
      clearTimeout(timer);
      text = now;
      draw();
    },
  };
}

/** What the call cost, as soon as the ledger says it. */
async function ledger(id, tell) {
  for (let attempt = 0; attempt < LEDGER_TRIES; attempt += 1) {
    await new Promise(resolve => { setTimeout(resolve, LEDGER_PAUSE_MS * (attempt + 1)); });
    const { calls } = await api('/v1/ai/calls?limit=20');
    const found = calls.find(call => call.id === id);
    if (!found) continue;
    tell('cost', found.cost === null ? 'no price' : dollars(found.cost));
    if (Number(found.saved) > 0) tell('saved', dollars(found.saved));
    if (!found.usage_reported && found.cache !== 'hit') tell('tokens', `${count(found.usage.input)} in, ${count(found.usage.output)} out (counted here)`);
    if (found.attempts > 1) tell('attempts', count(found.attempts));
    if (found.redactions) tell('redacted', count(found.redactions));
    return;
  }
}
