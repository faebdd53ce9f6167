// The decision: its form by the JSON Schema that the workflow gave, a comment, three buttons.

import { api } from './api.js';
import { choice, clearFaults, field, make, showFaults } from './dom.js';

/** Texts that may be longer than this are written in several lines. */
const LINE_CHARS = 120;

/** What is shown for a decision: a list of nodes, empty where there is nothing to decide. */
export function decisionForm(now, path, decided) {
  if (now.outcome) return [];
  if (!now.can.decide.length) return [make('p', { class: 'soft' }, 'It is not yours to decide now.')];
  const fault = make('p', { class: 'fault', role: 'alert' });
  const comment = make('textarea', { rows: 3, maxLength: 4000 });
  const questions = inputs(now.form);
  const seats = choice(now.can.decide.map(seat => [String(seat), `seat ${seat + 1}`]), String(now.can.decide[0]));
  const button = (verdict, label, look) => make('button', { type: 'button', class: look, onclick: () => decide(verdict) }, label);
  const form = make('form', { class: 'stack card', noValidate: true, onsubmit: event => event.preventDefault() },
    make('h3', {}, 'Your decision'), now.can.decide.length > 1 ? field('As', seats, 'seat') : null,
    now.document?.changed ? make('p', { class: 'banner' }, now.document.present_version === null ? 'The document is gone.' : `The document has been changed since: version ${now.document.present_version} is newer. You decide about version ${now.document.version}.`) : null,
    questions.map(question => question.node), field('Comment', comment, 'comment'),
    make('div', { class: 'buttons' }, button('approve', 'Approve', ''), button('reject', 'Reject', 'quiet'), now.allow_changes ? button('request_changes', 'Ask for changes', 'quiet') : null), fault);
  // One decision is one, however often it has to be sent.
  const key = crypto.randomUUID();

  async function decide(verdict) {
    clearFaults(form, fault);
    const wanted = { verdict, comment: comment.value.trim() || undefined, document_version: now.document?.version };
    if (now.can.decide.length > 1) wanted.seat = Number(seats.value);
    if (verdict === 'approve' && questions.length) wanted.answers = Object.fromEntries(questions.map(question => [question.name, question.value()]).filter(([, value]) => value !== undefined));
    for (const each of form.querySelectorAll('button')) each.disabled = true;
    try {
      await api(`${path}/decision`, { method: 'POST', json: wanted, headers: { 'idempotency-key': `${key}-${verdict}` } });
      form.replaceWith(make('p', { class: 'note', role: 'status' }, 'Your decision is recorded.'));
      decided();
    } catch (error) {
      for (const each of form.querySelectorAll('button')) each.disabled = false;
      showFaults(form, fault, error);
    }
  }
  return [form];
}

/** An input for each property of an object's schema. */
function inputs(schema) {
  if (!schema || typeof schema.properties !== 'object') return [];
  return Object.entries(schema.properties).map(([name, of]) => {
    const label = `${of.title || name}${(schema.required || []).includes(name) ? '' : ' (may be left out)'}`;
    const { input, value } = one(of || {});
    return { name, value, node: field(label, input, `answers.${name}`) };
  });
}

function one(of) {
  const type = Array.isArray(of.type) ? of.type[0] : of.type;
  if (Array.isArray(of.enum)) {
    const input = choice([['', '–'], ...of.enum.map((value, at) => [String(at), String(value)])], '');
    return { input, value: () => input.value === '' ? undefined : of.enum[Number(input.value)] };
  }
  if (type === 'boolean') {
    const input = choice([['', '–'], ['true', 'yes'], ['false', 'no']], of.default === undefined ? '' : String(of.default));
    return { input, value: () => input.value === '' ? undefined : input.value === 'true' };
  }
  if (type === 'number' || type === 'integer') {
    const input = make('input', { type: 'number', step: type === 'integer' ? '1' : 'any', min: of.minimum, max: of.maximum, value: of.default ?? '' });
    return { input, value: () => input.value === '' ? undefined : Number(input.value) };
  }
  if (type === 'string' || type === undefined) {
    const kind = { date: 'date', email: 'email', uri: 'url' }[of.format] || 'text';
    const long = kind === 'text' && (of.maxLength || 0) > LINE_CHARS;
    const input = long ? make('textarea', { rows: 3, maxLength: of.maxLength }) : make('input', { type: kind, autocomplete: 'off', value: of.default ?? '' });
    return { input, value: () => input.value === '' ? undefined : input.value };
  }
  const input = make('textarea', { rows: 3, class: 'code', placeholder: 'JSON' });
  return { input, value: () => { if (!input.value.trim()) return undefined; try { return JSON.parse(input.value); } catch { return input.value; } } };
}
