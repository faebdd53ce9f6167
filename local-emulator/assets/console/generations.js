// Long documents, written section by section.

import { ago } from './ago.js';
import { api, poll, raw } from './api.js';
import { preview } from './document_preview.js';
import { markdown } from './document_markdown.js';
import { choice, clearFaults, count, field, make, meter, section, showFaults, table, carefully } from './dom.js';
import { modelChoice } from './models.js';

const ENDED = ['done', 'failed', 'cancelled'];
const lines = text => text.split('\n').map(line => line.trim()).filter(Boolean);

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  let templates;
  try {
    ({ templates } = await api('/v1/generations/templates'));
  } catch (error) {
    root.append(section('Generations', error.status === 404
      ? make('p', { class: 'soft' }, 'This platform does not generate documents yet: nothing answers /v1/generations.')
      : make('p', { class: 'fault' }, error.message)));
    return;
  }
  const list = make('div');
  const detail = make('div', { 'aria-live': 'polite' });
  let selected = null;

  const template = choice([['', 'none: by the instructions alone'], ...templates.map(one => [one.name, `${one.name}: ${one.description}`])], '');
  const variables = make('div', { class: 'columns' });
  const instructions = make('textarea', { rows: 4, placeholder: 'A report on the harvest for the board: yield, problems, what to change.' });
  const name = make('input', { autocomplete: 'off', placeholder: 'as the outline says' });
  const query = make('input', { autocomplete: 'off', placeholder: 'what to look for in your documents; empty: read nothing' });
  const most = make('input', { type: 'number', min: 1, max: 20, placeholder: '8' });
  const sections = make('input', { type: 'number', min: 1, max: 30, placeholder: 'as the template says, or 6' });
  const tags = make('input', { autocomplete: 'off', placeholder: 'separated by commas' });
  const model = await modelChoice({}, [['auto', 'auto: the tenant’s usual tier']]).catch(() => choice(['auto'], 'auto'));
  if (stopped.aborted) return;
  const form = make('form', { noValidate: true, class: 'stack' }, field('Template', template, 'template'), variables, field('Instructions', instructions, 'instructions'),
    make('div', { class: 'row' }, make('div', { class: 'grow' }, field('Sources', query, 'sources.query')), field('At most', most, 'sources.max')),
    make('div', { class: 'row' }, field('Title', name, 'title'), field('Sections', sections, 'sections'), field('Model', model, 'model'), field('Tags', tags, 'tags')),
    make('div', { class: 'buttons' }, make('button', {}, 'Write it')), fault);

  template.onchange = () => {
    const found = templates.find(one => one.name === template.value);
    variables.replaceChildren(...(found ? found.variables : []).map(variable => {
      const input = make('textarea', { rows: 1, placeholder: variable.default || '' });
      input.dataset.variable = variable.name;
      return field(`${variable.name}: ${variable.description}`, input, `variables.${variable.name}`);
    }));
  };

  // One order is one document, however often it has to be sent.
  let key = crypto.randomUUID();
  form.oninput = () => { key = crypto.randomUUID(); };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    const filled = [...variables.querySelectorAll('[data-variable]')].filter(input => input.value.trim()).map(input => [input.dataset.variable, input.value]);
    const wanted = { variables: Object.fromEntries(filled), sources: {}, model: model.value, tags: lines(tags.value.replaceAll(',', '\n')) };
    if (template.value) wanted.template = template.value;
    if (instructions.value.trim()) wanted.instructions = instructions.value;
    if (name.value.trim()) wanted.title = name.value;
    if (query.value.trim()) wanted.sources.query = query.value;
    if (most.value) wanted.sources.max = Number(most.value);
    if (sections.value) wanted.sections = Number(sections.value);
    try {
      const made = await api('/v1/generations', { method: 'POST', json: wanted, headers: { 'idempotency-key': key } });
      key = crypto.randomUUID();
      selected = made.id;
      await Promise.all([all(), one()]);
      detail.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      showFaults(form, fault, error);
    }
  };
  root.append(section('New document', form), section('Documents in the making', list, detail));

  async function all() {
    const { generations } = await api('/v1/generations?limit=20');
    if (list.contains(document.activeElement) && document.activeElement.tagName === 'BUTTON') return;
    list.replaceChildren(table([
      { title: 'Title', of: each => make('button', { type: 'button', class: 'link', onclick: event => { event.target.blur(); selected = each.id; shown = null; all(); one(); } }, each.title || '(not known yet)'), wrap: true },
      { title: 'Status', of: each => make('span', { class: colour(each.status) }, each.status) },
      { title: 'Progress', of: each => `${each.progress.percent}%`, number: true },
      { title: 'Sections', of: each => each.progress.sections_total ? `${each.progress.sections_done} of ${each.progress.sections_total}` : '', number: true },
      { title: 'Asked', of: each => ago(each.created_at) },
    ], generations, { mark: each => each.id === selected && 'selected', empty: 'none yet', caption: 'Generations' }));
  }

  let shown = null;
  async function one() {
    if (!selected) return;
    const now = await api(`/v1/generations/${selected}`);
    // Drawn again only where something is new: somebody may be reading it.
    if (shown === `${now.id} ${now.updated_at}`) return;
    shown = `${now.id} ${now.updated_at}`;
    detail.replaceChildren(...view(now, act, stopped));
  }
  const act = what => async () => {
    try { await api(`/v1/generations/${selected}/${what}`, { method: 'POST' }); } catch (error) { fault.textContent = error.message; }
    shown = null;
    await Promise.all([all(), one()]);
  };
  poll(stopped, 1500, () => Promise.all([all(), one()]));
}

const colour = status => status === 'done' ? 'up' : status === 'failed' ? 'down' : status === 'cancelled' ? '' : 'starting';

function view(now, act, stopped) {
  const troubled = now.error || now.delayed_by;
  const trouble = troubled && make('p', { class: 'fault' }, now.error ? '' : 'trying again: ', troubled.message, ' (', make('a', { href: `/errors/${troubled.code}` }, troubled.code), ')');
  const written = make('div');
  const buttons = [];
  if (!ENDED.includes(now.status)) buttons.push(carefully('Cancel', 'Really cancel?', act('cancel')));
  if (now.status === 'failed') buttons.push(make('button', { type: 'button', class: 'small', onclick: act('retry') }, 'Retry'));
  if (now.document_id) {
    buttons.push(make('button', { type: 'button', class: 'small', onclick: () => read(now.document_id, written, stopped) }, 'Read the document'), make('a', { class: 'button quiet small', href: `#documents/${now.document_id}` }, 'Open it among the documents'));
    buttons.push(make('button', { type: 'button', class: 'quiet small', onclick: () => save(now, written) }, 'Save it'));
  }
  return [
    make('h2', {}, now.title || 'A document in the making'),
    meter(now.progress.percent / 100, `${now.progress.percent}% of ${now.title || 'the document'}`, true),
    make('p', { class: 'soft' }, `${now.status}, ${now.progress.percent}%: ${count(now.usage.calls.length)} calls paid for, ${count(now.usage.input_tokens)} tokens in, ${count(now.usage.output_tokens)} out`),
    trouble, make('div', { class: 'buttons' }, buttons), written,
    now.outline.length ? make('h3', {}, 'Outline') : null,
    make('ol', {}, now.outline.map(part => make('li', {}, make('strong', {}, part.heading), ' ', make('span', { class: `state ${part.status === 'written' ? 'up' : 'starting'}` }, part.cut ? 'cut off' : part.status),
      part.text ? make('details', {}, make('summary', { class: 'soft' }, 'text'), make('div', { class: 'prose' }, markdown(part.text))) : null))),
    now.sources.length ? make('h3', {}, 'Sources') : null,
    make('ul', {}, now.sources.map(source => make('li', {}, `[${source.number}] `, make('a', { href: `#documents/${source.document_id}` }, source.title), `, version ${source.version}`,
      source.suspicious && source.suspicious.length ? make('span', { class: 'down' }, ` shows: ${source.suspicious.join(', ')}`) : null))),
  ].filter(Boolean);
}

async function read(id, into, stopped) {
  try {
    await preview(into, stopped, await api(`/v1/documents/${id}`));
  } catch (error) {
    into.replaceChildren(make('p', { class: 'fault' }, error.message));
  }
}

async function save(now, into) {
  try {
    const response = await raw(`/v1/documents/${now.document_id}/content`);
    const address = URL.createObjectURL(await response.blob());
    make('a', { href: address, download: `${(now.title || 'document').replace(/[^\p{L}\p{N} _-]/gu, '')}.md` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  } catch (error) {
    into.replaceChildren(make('p', { class: 'fault' }, error.message));
  }
}
