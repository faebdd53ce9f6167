// What a tenant allows itself: as a form, or as the JSON that the API takes.

import { api } from './api.js';
import { boxes, choice, clearFaults, field, freshId, make, moment, section, showFaults, tick } from './dom.js';

const SCOPES = [['tenant', 'the tenant'], ['user', 'each user'], ['key', 'each API key']];
const KINDS = ['email', 'phone', 'credit_card', 'iban', 'ip_address', 'us_ssn'];
const words = text => text.split(/[,\n]/).map(word => word.trim()).filter(Boolean);
const lines = text => text.split('\n').map(line => line.trim()).filter(Boolean);
const number = input => input.value === '' ? null : Number(input.value);

export async function open(root, stopped) {
  const fault = make('p', { class: 'fault', role: 'alert' });
  const note = make('p', { class: 'note', role: 'status' });
  let stored;
  let models = [];
  try {
    [stored, models] = await Promise.all([read(), api('/v1/models').then(found => found.data.map(model => model.id), () => [])]);
  } catch (error) {
    fault.textContent = error.status === 403 ? `${error.message}: choose it above` : error.message;
    root.append(fault);
    return;
  }
  if (stopped.aborted) return;

  const revision = make('p', { class: 'soft' });
  const body = make('div');
  const asJson = tick('as JSON', false);
  const save = make('button', {}, 'Save');
  const again = make('button', { type: 'button', class: 'quiet' }, 'Read again');
  const form = make('form', { noValidate: true }, body, make('div', { class: 'buttons' }, save, again, asJson), fault, note);
  root.append(section('Policy', revision, form));
  let editor = null;
  const draw = policy => {
    editor = asJson.input.checked ? jsonEditor(policy) : formEditor(policy, models);
    body.replaceChildren(editor.node);
  };
  const tell = () => {
    revision.textContent = stored.updated_at ? `Revision ${stored.revision}, changed by ${stored.updated_by} (${moment(stored.updated_at)}). A change takes effect everywhere within 5 seconds.`
      : 'Nobody has changed it yet: everything is allowed, nothing is limited.';
  };
  const current = () => {
    clearFaults(form, fault);
    note.textContent = '';
    try { return editor.value(); } catch (error) { fault.textContent = error.message; return null; }
  };

  asJson.input.onchange = () => {
    asJson.input.checked = !asJson.input.checked;
    const policy = current();
    if (policy === null) return;
    asJson.input.checked = !asJson.input.checked;
    draw(policy);
  };
  again.onclick = async () => {
    try { stored = await read(); tell(); draw(stored.policy); clearFaults(form, fault); note.textContent = ''; } catch (error) { fault.textContent = error.message; }
  };
  form.onsubmit = async event => {
    event.preventDefault();
    const policy = current();
    if (policy === null) return;
    save.disabled = true;
    try {
      stored = await api('/v1/ai/policy', { method: 'PUT', json: policy, headers: { 'if-match': stored.tag } });
      stored.tag = `"r${stored.revision}"`;
      tell();
      draw(stored.policy);
      note.textContent = 'Saved.';
    } catch (error) {
      if (error.status === 412) {
        fault.textContent = `${error.message}: somebody changed it meanwhile. “Read again” shows theirs and forgets what you have here; as JSON you can keep a copy.`;
      } else {
        showFaults(form, fault, error);
      }
    } finally {
      save.disabled = false;
    }
  };
  tell();
  draw(stored.policy);
}

async function read() {
  const answer = await api('/v1/ai/policy');
  return { ...answer, tag: `"r${answer.revision}"` };
}

function jsonEditor(policy) {
  const text = make('textarea', { class: 'code', rows: 28, spellcheck: false, value: JSON.stringify(policy, null, 2) });
  return {
    node: field('The policy as PUT /v1/ai/policy takes it', text),
    value: () => { try { return JSON.parse(text.value); } catch (error) { throw new Error(`This is no JSON: ${error.message}`); } },
  };
}

/** Rows that can be added and removed. `row(value)` gives `{ node, value, rename(place) }`. */
function rows(label, path, values, add, row, fresh) {
  const list = make('div', { class: 'stack' });
  let all = [];
  const place = () => all.forEach((one, at) => one.inputs.forEach(([input, name]) => { input.dataset.path = `${path}[${at}].${name}`; }));
  const put = value => {
    const one = row(value);
    const remove = make('button', { type: 'button', class: 'quiet small', 'aria-label': `Remove this ${label}` }, 'Remove');
    one.node.append(remove);
    remove.onclick = () => { all = all.filter(other => other !== one); one.node.remove(); place(); };
    all.push(one);
    list.append(one.node);
    place();
    return one;
  };
  values.forEach(put);
  const button = make('button', { type: 'button', class: 'quiet small', onclick: () => put(fresh).inputs[0][0].focus() }, add);
  return { node: make('div', { class: 'stack' }, list, make('div', {}, button)), value: () => all.map(one => one.value()) };
}

const withoutNone = object => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== ''));

function formEditor(policy, models) {
  const names = make('datalist', { id: freshId() }, models.map(model => make('option', { value: model })));
  const count = (value, max) => make('input', { type: 'number', min: 1, max, value: value ?? '' });
  const listed = (values, placeholder) => make('input', { value: values.join(', '), placeholder, autocomplete: 'off', spellcheck: false });

  const rates = rows('rate', 'rates', policy.rates, 'Add a rate', rate => {
    const scope = choice(SCOPES, rate.scope);
    const model = make('input', { value: rate.model || '', placeholder: 'all models', list: names.id, autocomplete: 'off' });
    const requests = count(rate.requests_per_minute, 1_000_000);
    const tokens = count(rate.tokens_per_minute, 1_000_000_000);
    return {
      node: make('div', { class: 'row fields' }, field('Of', scope), field('Model', model), field('Requests a minute', requests), field('Tokens a minute', tokens)),
      inputs: [[scope, 'scope'], [model, 'model'], [requests, 'requests_per_minute'], [tokens, 'tokens_per_minute']],
      value: () => withoutNone({ scope: scope.value, model: model.value.trim(), requests_per_minute: number(requests), tokens_per_minute: number(tokens) }),
    };
  }, { scope: 'tenant' });

  const budgets = rows('budget', 'budgets', policy.budgets, 'Add a budget', budget => {
    const scope = choice(SCOPES, budget.scope);
    const period = choice([['day', 'a day'], ['month', 'a month']], budget.period);
    const tokens = count(budget.tokens, 1_000_000_000_000);
    const dollars = make('input', { inputMode: 'decimal', value: budget.dollars ?? '', placeholder: '25.00', autocomplete: 'off' });
    return {
      node: make('div', { class: 'row fields' }, field('Of', scope), field('Period', period), field('Tokens', tokens), field('US dollars', dollars)),
      inputs: [[scope, 'scope'], [period, 'period'], [tokens, 'tokens'], [dollars, 'dollars']],
      value: () => withoutNone({ scope: scope.value, period: period.value, tokens: number(tokens), dollars: dollars.value.trim() }),
    };
  }, { scope: 'tenant', period: 'day' });

  const levels = listed(policy.alert_at, '50, 80, 100');
  const allowedModels = listed(policy.models, 'all');
  const allowedProviders = listed(policy.providers, 'all');
  const regions = listed(policy.regions, 'all');
  const aliases = make('textarea', { rows: 2, spellcheck: false, placeholder: 'gpt-4o = standard', value: Object.entries(policy.aliases).map(([name, model]) => `${name} = ${model}`).join('\n') });
  const tier = choice(['fast', 'standard', 'best'], policy.default_tier);
  const unpriced = tick('models without a price may be used under a budget of money', policy.allow_unpriced);

  const weight = value => make('input', { type: 'number', min: 0, max: 100, step: 'any', value });
  const cost = weight(policy.routing.cost_weight);
  const latency = weight(policy.routing.latency_weight);
  const prefer = listed(policy.routing.prefer, 'none');
  const raise = tick('raise the tier for complex requests', policy.routing.raise_tier);
  const hedge = tick('ask a second provider when the first is slower than usual', policy.routing.hedge);

  const kept = tick('keep answers', policy.cache.enabled);
  const completions = count(policy.cache.completion_ttl_s, 86400);
  const generated = count(policy.cache.generation_ttl_s, 86400);
  const semantic = tick('also for questions that mean nearly the same', policy.cache.semantic);
  const nearness = make('input', { type: 'number', min: 800, max: 1000, value: policy.cache.semantic_threshold_milli });

  const every = tick('all kinds', policy.safety.redact.includes('all'));
  const redact = KINDS.map(kind => [kind, tick(kind.replaceAll('_', ' '), policy.safety.redact.includes(kind))]);
  const redactions = boxes('Personal data that is replaced before a prompt leaves, and put back into the answer', [every, redact.map(([, box]) => box)], 'safety.redact');
  const block = make('textarea', { rows: 3, placeholder: 'one word or phrase a line', value: policy.safety.block.join('\n') });
  const audit = choice([['hash', 'their hashes'], ['full', 'all of them']], policy.safety.audit);

  const group = (name, ...children) => make('fieldset', { class: 'stack' }, make('legend', {}, name), children);
  const node = make('div', {}, names,
    group('Budgets', budgets.node, field('Alerts at, in percent', levels, 'alert_at')),
    group('Rates', rates.node),
    make('div', { class: 'columns' },
      group('Models and providers', field('Models that may be used: names, families, tiers', allowedModels, 'models'), field('Providers that may be used', allowedProviders, 'providers'),
        field('Regions where data may be processed', regions, 'regions'), field('Other names for models, one a line', aliases, 'aliases'), field('The usual tier', tier, 'default_tier'), unpriced),
      group('Safety', redactions, field('Words and phrases that refuse a prompt', block, 'safety.block'), field('Prompts and answers in the audit trail', audit, 'safety.audit')),
      group('Routing', make('div', { class: 'row' }, field('Weight of cost', cost, 'routing.cost_weight'), field('Weight of latency', latency, 'routing.latency_weight')),
        field('Providers that go first', prefer, 'routing.prefer'), raise, hedge),
      group('Cache', kept, make('div', { class: 'row' }, field('Seconds for completions', completions, 'cache.completion_ttl_s'), field('Seconds for generated sections', generated, 'cache.generation_ttl_s')),
        semantic, field('How near, in thousandths', nearness, 'cache.semantic_threshold_milli'))));

  const value = () => ({
    rates: rates.value(), budgets: budgets.value(),
    alert_at: words(levels.value).map(Number),
    models: words(allowedModels.value), providers: words(allowedProviders.value), regions: words(regions.value),
    aliases: Object.fromEntries(lines(aliases.value).map(line => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`Other names: “${line}” is no name = model`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    })),
    default_tier: tier.value, allow_unpriced: unpriced.input.checked,
    routing: { cost_weight: Number(cost.value), latency_weight: Number(latency.value), prefer: words(prefer.value), raise_tier: raise.input.checked, hedge: hedge.input.checked },
    cache: {
      enabled: kept.input.checked, completion_ttl_s: Number(completions.value), generation_ttl_s: Number(generated.value),
      semantic: semantic.input.checked, semantic_threshold_milli: Number(nearness.value),
    },
    safety: { redact: every.input.checked ? ['all'] : redact.filter(([, box]) => box.input.checked).map(([kind]) => kind), block: lines(block.value), audit: audit.value },
  });
  return { node, value };
}
