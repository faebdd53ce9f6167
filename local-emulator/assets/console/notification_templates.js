// Templates: which there are, in which languages, and which of them the tenant says in its own words.

import { ago } from './ago.js';
import { api } from './api.js';
import { field, make, section, table } from './dom.js';

const page = (name, language) => `#notifications/template/${encodeURIComponent(name)}/${encodeURIComponent(language)}`;

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const list = make('div');
  const name = make('input', { autocomplete: 'off', spellcheck: false, required: true, placeholder: 'invoice.overdue' });
  const language = make('input', { autocomplete: 'off', spellcheck: false, required: true, value: 'en' });
  const form = make('form', { class: 'row fields' }, field('Name: the category that it says', name), field('Language', language), make('button', { class: 'quiet' }, 'Write it'));
  form.onsubmit = event => { event.preventDefault(); location.hash = page(name.value.trim(), language.value.trim()).slice(1); };
  root.append(section('Templates', make('p', { class: 'soft' }, 'What is not written here in the tenant’s words, or not in somebody’s language, is said in the platform’s.'), fault, list), section('Another one, or another language', form));
  let templates;
  try {
    ({ templates } = await api('/v1/notification-templates'));
  } catch (error) {
    fault.textContent = error.message;
    return;
  }
  if (stopped.aborted) return;
  const names = [...new Set(templates.map(one => one.name))];
  const of = each => templates.filter(one => one.name === each);
  list.append(table([
    { title: 'Template', of: each => each },
    { title: 'Languages', of: each => make('span', { class: 'buttons' }, of(each).map(one => make('a', { href: page(one.name, one.language) }, one.language, one.revision ? ' (own words)' : ''))) },
    { title: 'Changed', of: each => { const last = of(each).map(one => one.updated_at).filter(Boolean).sort().at(-1); return last ? ago(last) : ''; } },
  ], names, { caption: 'Templates' }));
}
