// What the tenant sets: how messages look, whom they come from, and by which channels people are told of what.

import { raw } from './api.js';
import { boxes, choice, clearFaults, field, make, section, showFaults, tick } from './dom.js';
import { channels } from './notification_words.js';
import { zoneInput } from './zone_input.js';

const words = text => text.split(',').map(word => word.trim()).filter(Boolean);
/** The channels that a rule tells people by; targets are named. */
const PERSONAL = channels.filter(([name]) => ['email', 'in_app', 'sms'].includes(name));
const COLOUR = '#2b5c8a';

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  const body = make('div');
  const again = make('button', { type: 'button', class: 'quiet' }, 'Read again');
  const form = make('form', { noValidate: true }, body, make('div', { class: 'buttons' }, make('button', {}, 'Save'), again), fault, note);
  let tag;
  let editor;

  const read = async (path, options) => {
    const response = await raw(path, options);
    tag = response.headers.get('etag');
    editor = settingsEditor(await response.json());
    body.replaceChildren(editor.node);
  };
  try {
    await read('/v1/notification-settings');
  } catch (error) {
    fault.textContent = error.message;
    root.append(fault);
    return;
  }
  if (stopped.aborted) return;
  root.append(section('Settings', form));
  again.onclick = async () => {
    clearFaults(form, fault);
    note.textContent = '';
    try { await read('/v1/notification-settings'); } catch (error) { fault.textContent = error.message; }
  };
  form.onsubmit = async event => {
    event.preventDefault();
    clearFaults(form, fault);
    note.textContent = '';
    try {
      await read('/v1/notification-settings', { method: 'PUT', json: editor.value(), headers: { 'if-match': tag } });
      note.textContent = 'Saved. What is sent from now on goes by it.';
    } catch (error) {
      if (error.status === 412) fault.textContent = `${error.message}: “Read again” shows what somebody else set, and forgets what you have here.`;
      else showFaults(form, fault, error);
    }
  };
}

function settingsEditor(settings) {
  const text = (value, placeholder = '') => make('input', { autocomplete: 'off', spellcheck: false, value: value || '', placeholder });
  const { branding } = settings;
  const product = text(branding.product, 'Octavo');
  const logo = text(branding.logo_url, 'https://acme.example/logo.png');
  const colour = text(branding.colour, COLOUR);
  const picker = make('input', { type: 'color', value: branding.colour || COLOUR, 'aria-label': 'Pick a colour' });
  picker.oninput = () => { colour.value = picker.value; };
  colour.oninput = () => { if (/^#[0-9a-f]{6}$/i.test(colour.value)) picker.value = colour.value; };
  const footer = make('textarea', { rows: 3, maxLength: 1000, value: branding.footer || '', placeholder: 'Acme Ltd, 1 Main Street' });
  const application = text(branding.application_url, 'https://docs.acme.example');
  const language = text(settings.language, 'en');
  const zone = zoneInput(settings.zone, 'UTC');
  const from = text(settings.mail_from, 'Acme <hello@acme.example>');
  const reply = text(settings.reply_to, 'office@acme.example');
  const rules = ruleRows(settings.categories);
  const group = (name, ...children) => make('fieldset', { class: 'stack' }, make('legend', {}, name), children);
  return {
    node: make('div', {}, zone.names, make('div', { class: 'columns' },
      group('How messages look', field('What the product is called', product, 'branding.product'), field('Logo', logo, 'branding.logo_url'),
        make('div', { class: 'row fields' }, make('div', { class: 'grow' }, field('Colour', colour, 'branding.colour')), make('div', { class: 'swatch' }, make('label', {}, 'Pick it', picker))),
        field('Below every mail', footer, 'branding.footer'), field('Where the application is: begins every link', application, 'branding.application_url')),
      group('Whom mail comes from', field('From, where providers may send as the tenant', from, 'mail_from'), field('Answers go to', reply, 'reply_to'),
        field('Language of whoever has none', language, 'language'), field('Time zone of whoever has none', zone.input, 'zone'))),
    group('What people are told of', make('p', { class: 'soft line' }, 'A category (approval.requested), a family (approval.*), or * for every other one. What is not here is as the platform has it.'), rules.node)),
    value: () => ({
      language: language.value.trim() || null, zone: zone.input.value.trim() || null, mail_from: from.value.trim() || null, reply_to: reply.value.trim() || null,
      branding: {
        product: product.value.trim() || null, logo_url: logo.value.trim() || null, colour: colour.value.trim() || null,
        footer: footer.value.trim() ? footer.value : null, application_url: application.value.trim() || null,
      },
      categories: rules.value(),
    }),
  };
}

/** A row for every category that the tenant has a rule for. */
function ruleRows(categories) {
  const list = make('div', { class: 'stack' });
  let all = [];
  const put = (category, rule) => {
    const name = make('input', { autocomplete: 'off', spellcheck: false, value: category, placeholder: 'approval.*' });
    const by = PERSONAL.map(([channel, label]) => [channel, tick(label, rule.channels.includes(channel))]);
    // Those that this page does not know stay.
    const others = rule.channels.filter(channel => !PERSONAL.some(([known]) => known === channel));
    const mandatory = tick('whatever they choose', rule.mandatory);
    const targets = make('input', { autocomplete: 'off', spellcheck: false, value: rule.targets.join(', '), placeholder: 'none' });
    const urgency = choice(['low', 'normal', 'urgent'], rule.urgency);
    const messages = make('input', { type: 'number', min: 1, max: 1000, value: rule.throttle?.messages ?? '', placeholder: 'any number' });
    const per = make('input', { autocomplete: 'off', spellcheck: false, value: rule.throttle?.per ?? 'PT1H' });
    const remove = make('button', { type: 'button', class: 'quiet small', 'aria-label': `Remove the rule of ${category || 'this category'}` }, 'Remove');
    const told = boxes('People are told by', [by.map(([, box]) => box), mandatory]);
    const named = [[name, ''], [told.firstChild, '.channels'], [targets, '.targets'], [urgency, '.urgency'], [messages, '.throttle.messages'], [per, '.throttle.per']];
    const place = () => named.forEach(([input, member]) => { input.dataset.path = `categories.${name.value.trim()}${member}`; });
    const node = make('div', { class: 'card stack' },
      make('div', { class: 'row fields' }, field('Category', name), make('div', { class: 'grow' }, told), remove),
      make('div', { class: 'row fields' }, field('Targets that are told', targets), field('Urgent at least', urgency), field('At most so many to one person', messages), field('in (ISO 8601)', per)));
    const one = { name, value: () => ({
      channels: [...by.filter(([, box]) => box.input.checked).map(([channel]) => channel), ...others], mandatory: mandatory.input.checked, targets: words(targets.value),
      throttle: messages.value ? { messages: Number(messages.value), per: per.value.trim() } : null, urgency: urgency.value,
    }) };
    name.oninput = place;
    place();
    remove.onclick = () => { all = all.filter(other => other !== one); node.remove(); };
    all.push(one);
    list.append(node);
    return one;
  };
  for (const [category, rule] of Object.entries(categories)) put(category, rule);
  const more = make('button', { type: 'button', class: 'quiet small', onclick: () => put('', { channels: ['email', 'in_app'], mandatory: false, targets: [], throttle: null, urgency: 'low' }).name.focus() }, 'Add a category');
  return { node: make('div', { class: 'stack' }, list, make('div', {}, more)), value: () => Object.fromEntries(all.map(one => [one.name.value.trim(), one.value()])) };
}
