// One approval: the document beside its change, who decides, the decision, the workflow that waits, the record.

import { ago, by } from './ago.js';
import { api } from './api.js';
import { CHANGED } from './approvals_badge.js';
import { carefully, commas, make, section } from './dom.js';
import { decisionForm } from './approval_decide.js';
import { documentPanel } from './approval_document.js';
import { eventWords, outcomeState, outcomeWords, readerWords, verdictState, verdictWords } from './approval_words.js';
import { drawing } from './drawing.js';
import { graph } from './graph.js';
import { pages } from './sfn.js';

export async function open(root, stopped, id) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const head = make('div');
  const deciding = make('div', { class: 'stack' });
  const stages = make('div', { class: 'stack' });
  const paper = make('div');
  const flow = make('div');
  const record = make('div');
  root.append(head, fault, make('div', { class: 'approval' }, make('div', {}, paper, section('Record', record)), make('aside', { 'aria-label': 'Decision' }, deciding, section('Who decides', stages), flow)));
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  let shown = null;

  const act = (what, json = {}) => async () => {
    fault.textContent = '';
    try { await api(`${path}/${what}`, { method: 'POST', json }); } catch (error) { fault.textContent = error.message; }
    dispatchEvent(new Event(CHANGED));
  };

  async function load() {
    let now;
    try {
      now = await api(path);
    } catch (error) {
      if (!stopped.aborted) fault.textContent = error.status === 404 ? 'There is no such approval, or it is none of yours.' : error.message;
      return;
    }
    // Neither the same again nor an answer that was overtaken.
    if (stopped.aborted || (shown && shown.seq >= now.seq)) return;
    const first = shown === null;
    shown = now;
    draw(now, first);
    if (first && now.document) documentPanel(paper, now, stopped);
    if (first) workflow(now).catch(() => { /* A workflow that is not kept any more has no picture. */ });
    events().catch(error => { fault.textContent = error.message; });
  }

  function draw(now, first) {
    const about = [now.category, `asked by ${now.requester}${now.requested_for ? ` for ${now.requested_for}` : ''}`, by('since ', ago(now.created_at)),
      now.due_at && !now.outcome ? by('next by itself: ', ago(now.due_at)) : null, now.ended_at ? by('ended ', ago(now.ended_at)) : null];
    head.replaceChildren(
      make('div', { class: 'opened' }, make('h2', {}, now.title, now.urgent ? make('b', { class: 'down' }, ' urgent') : null),
        make('div', { class: 'buttons' }, now.can.withdraw && !now.outcome ? carefully('Withdraw', 'Really withdraw it?', act('withdraw')) : null)),
      make('p', { class: 'facts-line' }, make('span', { class: `state ${outcomeState(now.outcome)}` }, outcomeWords(now.outcome)), make('span', { class: 'soft' }, commas(about))),
      now.description ? make('p', { class: 'said' }, now.description) : '',
      Object.keys(now.data).length ? make('details', { open: !now.document }, make('summary', {}, 'What it is about'), facts(now.data)) : '');
    stages.replaceChildren(...now.stages.map(stage => stageCard(stage, now, act)));
    // What somebody is writing is not thrown away because somebody else did something.
    if (first || !now.can.decide.length || !deciding.firstChild) deciding.replaceChildren(...decisionForm(now, path, () => dispatchEvent(new Event(CHANGED))));
  }

  async function workflow(now) {
    const { outline } = await api(`${path}/workflow`);
    const list = graph(outline);
    if (!list || stopped.aborted) return;
    const drawn = drawing(list, { label: 'Graph of the workflow', select: () => {} });
    drawn.choose(now.origin.state);
    flow.append(section('Workflow', make('p', { class: 'soft' }, 'It waits in “', now.origin.state, '”: ', make('a', { href: pages.execution(now.origin.execution_arn) }, 'its execution'), '.'), make('div', { class: 'picture small' }, drawn.root)));
  }

  async function events() {
    const of = shown;
    const all = [];
    let cursor = null;
    do {
      const page = await api(`${path}/history?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      all.push(...page.events);
      cursor = page.next_cursor;
    } while (cursor && all.length < 1000);
    if (stopped.aborted || of !== shown) return;
    record.replaceChildren(make('ol', { class: 'record' }, all.map(event => make('li', {},
      make('b', {}, event.actor || 'by itself'), event.on_behalf_of ? ` for ${event.on_behalf_of}` : '', ` ${eventWords(event)} `,
      make('small', {}, commas([ago(event.at), event.via === 'link' ? 'by a link in a mail' : event.via === 'bulk' ? 'with others' : null, event.address])),
      event.comment || event.text ? make('p', { class: 'said' }, event.comment || event.text) : null,
      event.answers && Object.keys(event.answers).length ? facts(event.answers) : null))), remark());
  }

  function remark() {
    if (!shown.can.comment) return '';
    const text = make('textarea', { rows: 2, maxLength: 4000, required: true });
    const form = make('form', { class: 'stack' }, make('label', {}, 'Remark', text), make('div', { class: 'buttons' }, make('button', { class: 'small' }, 'Say it')));
    form.onsubmit = async event => {
      event.preventDefault();
      if (text.value.trim()) await act('comments', { text: text.value.trim() })();
    };
    return form;
  }

  addEventListener(CHANGED, load);
  stopped.addEventListener('abort', () => removeEventListener(CHANGED, load));
  await load();
}

function stageCard(stage, now, act) {
  const words = { waiting: 'not yet asked', open: 'asked', approved: 'approved', ended: 'ended', skipped: 'not needed' };
  const looks = { open: 'starting', approved: 'up', ended: 'down' };
  const times = [stage.remind_at && by('reminder ', ago(stage.remind_at)), stage.escalate_at && by('others are asked ', ago(stage.escalate_at)), stage.deadline_at && by('until ', ago(stage.deadline_at))];
  return make('div', { class: 'card' },
    make('b', {}, stage.name, make('span', { class: `state ${looks[stage.status] || 'soft'}` }, words[stage.status] || stage.status)),
    make('small', {}, `${stage.approved} of ${stage.needed} needed${stage.sequential ? ', one after the other' : ''}`), stage.status === 'open' ? make('small', {}, commas(times)) : null,
    make('ul', { class: 'seats' }, stage.seats.map(seat => seatLine(seat, now, act))));
}

function seatLine(seat, now, act) {
  const { decision } = seat;
  const buttons = [];
  if (now.can.claim.includes(seat.seat) && seat.candidates.length > 1 | seat.candidates.some(one => one.startsWith('group:'))) {
    buttons.push(make('button', { type: 'button', class: 'link', onclick: act('claim', { seat: seat.seat }) }, 'Take it'));
  }
  if (now.can.release.includes(seat.seat)) buttons.push(make('button', { type: 'button', class: 'link', onclick: act('release', { seat: seat.seat }) }, 'Give it back'));
  if (now.can.delegate.includes(seat.seat)) buttons.push(handOn(seat, act));
  return make('li', {}, seat.candidates.map(readerWords).join(' or '),
    seat.delegations?.length ? make('small', {}, ` handed on: ${seat.delegations.map(one => `${one.from} to ${one.to}`).join(', ')}`) : null,
    decision ? make('span', { class: verdictState(decision.verdict) }, ` ${verdictWords(decision.verdict)} by ${decision.by}${decision.on_behalf_of ? ` for ${decision.on_behalf_of}` : ''}`)
      : seat.claimed_by ? make('span', { class: 'soft' }, ` taken by ${seat.claimed_by}`) : null,
    decision?.comment ? make('p', { class: 'said' }, decision.comment) : null,
    buttons.length ? make('span', { class: 'buttons' }, buttons) : null);
}

function handOn(seat, act) {
  const to = make('input', { autocomplete: 'off', spellcheck: false, required: true, 'aria-label': 'To whom' });
  const form = make('form', { class: 'row', hidden: true }, to, make('button', { class: 'small fixed' }, 'Hand on'));
  form.onsubmit = event => { event.preventDefault(); act('delegate', { seat: seat.seat, to: to.value.trim() })(); };
  const button = make('button', { type: 'button', class: 'link', onclick: () => { form.hidden = !form.hidden; if (!form.hidden) to.focus(); } }, 'Hand on');
  return make('span', {}, button, form);
}

/** Members as a list of names and values. */
export function facts(data) {
  const text = value => typeof value === 'string' ? value : JSON.stringify(value);
  return make('dl', { class: 'members' }, Object.entries(data).map(([name, value]) => [make('dt', {}, name), make('dd', {}, text(value))]));
}
