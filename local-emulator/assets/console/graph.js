// What a definition in Amazon States Language says, as boxes and arrows. Pure: knows no page and no picture. A text that is
// just being written is read as far as it goes.

/** States that are read; a larger machine is not drawn. */
export const STATES_MAX = 1000;
const DEPTH_MAX = 32;
const NOTE_CHARS_MAX = 60;

/**
 * The graph of a definition: `{ start, nodes, edges, size }`. A node: `{ name, type, note, ends, lists, state, scope }`, where
 * `lists` are the graphs of its branches or of its item processor and `scope` is the name of the state that it is within. An
 * edge: `{ from, to, kind, labels }`, where `kind` is `next`, `choice`, `default` or `catch`. A target that is not there is a
 * node of the type `missing`. Null where there are no states, or too many.
 */
export function graph(definition) {
  const counted = { states: 0 };
  const read = list(definition, null, counted, 0);
  return read && counted.states <= STATES_MAX ? { ...read, size: counted.states } : null;
}

const object = value => value !== null && typeof value === 'object' && !Array.isArray(value);
const array = value => Array.isArray(value) ? value : [];
const text = value => typeof value === 'string' ? value : null;

function list(of, scope, counted, depth) {
  if (!object(of) || !object(of.States) || depth > DEPTH_MAX) return null;
  const nodes = new Map();
  const edges = new Map();
  const jsonata = state => (state.QueryLanguage || of.QueryLanguage) === 'JSONata';
  for (const [name, said] of Object.entries(of.States)) {
    counted.states += 1;
    if (counted.states > STATES_MAX) return null;
    const state = object(said) ? said : {};
    nodes.set(name, {
      name, scope, state, type: text(state.Type) || 'unknown', note: note(state), ends: ends(state),
      lists: inner(state).map(each => list(each, name, counted, depth + 1)).filter(Boolean), jsonata: jsonata(state),
    });
    for (const edge of leads(name, state)) join(edges, edge);
  }
  for (const { to } of edges.values()) {
    if (!nodes.has(to)) nodes.set(to, { name: to, scope, state: {}, type: 'missing', note: 'there is no such state', ends: false, lists: [] });
  }
  const start = text(of.StartAt);
  return { start: start !== null && nodes.has(start) ? start : null, nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** The lists of states within a state. */
function inner(state) {
  if (state.Type === 'Parallel') return array(state.Branches);
  if (state.Type === 'Map') return [state.ItemProcessor || state.Iterator].filter(Boolean);
  return [];
}

const ends = state => state.End === true || state.Type === 'Succeed' || state.Type === 'Fail';

/** Where a state leads. */
function leads(from, state) {
  const found = [];
  const add = (to, kind, label) => { if (text(to) !== null) found.push({ from, to, kind, labels: label ? [label] : [] }); };
  for (const rule of array(state.Choices)) if (object(rule)) add(rule.Next, 'choice', condition(rule));
  add(state.Default, 'default', 'otherwise');
  add(state.Next, 'next');
  for (const one of array(state.Catch)) if (object(one)) add(one.Next, 'catch', array(one.ErrorEquals).join(', '));
  return found;
}

/** Several rules that lead to the same state are one arrow. */
function join(edges, edge) {
  const key = JSON.stringify([edge.from, edge.to, edge.kind === 'default' ? 'choice' : edge.kind]);
  const before = edges.get(key);
  if (before) before.labels.push(...edge.labels);
  else edges.set(key, edge);
}

/** What is said of a state in small print. */
function note(state) {
  const said = {
    Task: () => service(text(state.Resource) || ''),
    Wait: () => moment(state),
    Fail: () => text(state.Error) || text(state.ErrorPath) || '',
    Map: () => {
      const config = (state.ItemProcessor || state.Iterator || {}).ProcessorConfig || {};
      return config.Mode === 'DISTRIBUTED' ? 'for each item, distributed' : 'for each item';
    },
    Parallel: () => `${array(state.Branches).length} branches`,
  }[state.Type];
  return short(said ? said() : '', NOTE_CHARS_MAX);
}

/** What a task calls, in few words. */
export function service(resource) {
  const parts = resource.split(':');
  if (parts[2] === 'lambda') return `function ${parts[6] || ''}`;
  if (parts[2] === 'states' && parts[5] === 'activity') return `activity ${parts[6] || ''}`;
  if (parts[2] === 'states') return parts.slice(5).join(':');
  return resource;
}

function moment(state) {
  if (state.Seconds !== undefined) return typeof state.Seconds === 'number' ? `${state.Seconds} s` : bare(String(state.Seconds));
  if (state.Timestamp !== undefined) return `until ${bare(String(state.Timestamp))}`;
  return text(state.SecondsPath) || text(state.TimestampPath) || '';
}

const SIGNS = [['GreaterThanEquals', '≥'], ['LessThanEquals', '≤'], ['GreaterThan', '>'], ['LessThan', '<'], ['Equals', '='], ['Matches', 'like']];
const bare = expression => expression.replace(/^\s*\{%\s*|\s*%\}\s*$/g, '');

/** A rule of a choice as a person reads it. */
export function condition(rule, depth = 0) {
  if (!object(rule) || depth > DEPTH_MAX) return '…';
  if (rule.Condition !== undefined) return bare(String(rule.Condition));
  const within = each => {
    const said = condition(each, depth + 1);
    return object(each) && (each.And || each.Or) ? `(${said})` : said;
  };
  if (Array.isArray(rule.And)) return rule.And.map(within).join(' and ');
  if (Array.isArray(rule.Or)) return rule.Or.map(within).join(' or ');
  if (rule.Not !== undefined) return `not ${within(rule.Not)}`;
  const variable = text(rule.Variable) || '?';
  for (const [name, value] of Object.entries(rule)) {
    const is = name.match(/^Is([A-Z]\w*)$/);
    if (is) return `${variable} is ${value ? '' : 'not '}${is[1].toLowerCase()}`;
    const compares = name.match(/^(?:String|Numeric|Boolean|Timestamp)([A-Z]\w*?)(Path)?$/);
    const sign = compares && SIGNS.find(([operator]) => operator === compares[1]);
    if (sign) return `${variable} ${sign[1]} ${compares[2] ? value : JSON.stringify(value)}`;
  }
  return variable;
}

/** A text of at most so many characters. */
export const short = (value, most) => value.length > most ? `${value.slice(0, most - 1)}…` : value;

/** Every node, those within others too. */
export function* walk(of) {
  for (const node of of.nodes) {
    yield node;
    for (const each of node.lists) yield* walk(each);
  }
}
