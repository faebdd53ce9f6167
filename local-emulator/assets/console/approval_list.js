// The inbox of approvals, with several decided at once.

import { ago } from './ago.js';
import { api } from './api.js';
import { CHANGED } from './approvals_badge.js';
import { choice, field, make, section, table } from './dom.js';
import { outcomeState, outcomeWords } from './approval_words.js';

const BOXES = [['mine', 'For me'], ['groups', 'For my groups or in place of others'], ['requested', 'I asked for'], ['decided', 'I took part in'], ['all', 'Everybody’s']];
const PAGE = 50;

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const boxes = make('div', { class: 'tabs', role: 'group', 'aria-label': 'Which' });
  const title = make('input', { autocomplete: 'off', placeholder: 'what its title has in it' });
  const state = choice([['true', 'open'], ['', 'open and ended'], ['false', 'ended']], 'true');
  const form = make('form', { class: 'row fields' }, make('div', { class: 'grow' }, field('Title', title, 'title')), field('State', state, 'open'), make('button', {}, 'Search'));
  const list = make('div', { class: 'apart' });
  const more = make('button', { type: 'button', class: 'quiet small', hidden: true }, 'More');
  const comment = make('input', { autocomplete: 'off', placeholder: 'why; needed to reject', 'aria-label': 'Comment' });
  const acting = make('div', { class: 'buttons acting', hidden: true },
    make('button', { type: 'button', class: 'small', onclick: () => decide('approve') }, 'Approve the chosen ones'),
    make('button', { type: 'button', class: 'quiet small', onclick: () => decide('reject') }, 'Reject them'), comment);
  root.append(section('Approvals', boxes, form, fault, list, more, acting, note));

  let box = 'mine';
  let found = [];
  let cursor = null;
  let turn = 0;
  const chosen = new Map();

  form.onsubmit = event => { event.preventDefault(); load(); };
  more.onclick = () => load(true);

  let counting = 0;
  async function counts() {
    const mine = ++counting;
    const told = await api('/v1/approvals/counts').catch(() => ({}));
    if (mine !== counting) return;
    boxes.replaceChildren(...BOXES.map(([name, text]) => make('button', {
      type: 'button', class: name === box ? 'small' : 'quiet small', 'aria-pressed': String(name === box),
      onclick: () => { box = name; state.value = name === 'decided' ? '' : 'true'; counts(); load(); },
    }, told[name] ? `${text} (${told[name]})` : text)));
  }

  async function load(next = false) {
    const mine = ++turn;
    fault.textContent = '';
    const wanted = new URLSearchParams({ box, limit: PAGE });
    if (state.value) wanted.set('open', state.value);
    if (title.value.trim()) wanted.set('title', title.value.trim());
    if (next && cursor) wanted.set('cursor', cursor);
    try {
      const page = await api(`/v1/approvals?${wanted}`);
      // An answer to what was asked before comes too late.
      if (mine !== turn || stopped.aborted) return;
      found = next ? [...found, ...page.approvals] : page.approvals;
      cursor = page.next_cursor;
      // What was chosen stays so if it is still there: a list is read anew whenever something happens to anybody's.
      if (!next) for (const id of [...chosen.keys()]) if (!found.some(row => row.id === id && row.decide.length)) chosen.delete(id);
      draw();
    } catch (error) {
      if (mine === turn) { fault.textContent = error.message; found = []; cursor = null; draw(); }
    }
  }

  function draw() {
    more.hidden = !cursor;
    const box_ = row => {
      // A form is filled in on the approval's own page.
      if (!row.decide.length || row.has_form) return '';
      const input = make('input', { type: 'checkbox', checked: chosen.has(row.id), 'aria-label': `Choose ${row.title}` });
      input.onchange = () => { if (input.checked) chosen.set(row.id, row); else chosen.delete(row.id); acting.hidden = !chosen.size; };
      return input;
    };
    acting.hidden = !chosen.size;
    list.replaceChildren(table([
      { title: '', of: box_ },
      { title: 'What', of: row => make('span', {}, make('a', { href: `#approvals/${row.id}` }, row.title), row.urgent ? make('b', { class: 'down' }, ' urgent') : null), wrap: true },
      { title: 'Asked by', of: row => row.requester },
      { title: 'Stage', of: row => row.stage ? `${row.stage.name} (${row.stage.approved} of ${row.stage.needed})` : make('span', { class: outcomeState(row.outcome) }, outcomeWords(row.outcome)) },
      { title: 'Until', of: row => row.stage?.deadline_at ? ago(row.stage.deadline_at) : '' },
      { title: 'Remarks', of: row => row.comments || '', number: true },
      { title: 'Since', of: row => ago(row.created_at) },
    ], found, { empty: box === 'mine' ? 'Nothing waits for you.' : 'none', caption: 'Approvals' }));
  }

  async function decide(verdict) {
    note.textContent = '';
    fault.textContent = '';
    const decisions = [...chosen.values()].map(row => ({
      approval: row.id, verdict, comment: comment.value.trim() || undefined, document_version: row.document?.version,
    }));
    try {
      const { results } = await api('/v1/approvals/decisions', { method: 'POST', json: { decisions } });
      const refused = results.filter(result => result.problem);
      note.textContent = `${results.length - refused.length} decided.`;
      fault.textContent = refused.map(result => result.problem.detail || result.problem.title).slice(0, 3).join(' ');
      comment.value = '';
    } catch (error) {
      fault.textContent = error.message;
    }
    dispatchEvent(new Event(CHANGED));
  }

  const changed = () => { counts(); load(); };
  addEventListener(CHANGED, changed);
  stopped.addEventListener('abort', () => removeEventListener(CHANGED, changed));
  await Promise.all([counts(), load()]);
}
