// How far an execution is, told from its history: which states it is in and has been in, with what, how often and how that
// went. Pure: takes events as `GetExecutionHistory` gives them, in the order of their ids, as many at a time as there are.

/** What a task or state ends badly with. */
const FAULTS = /^(Task|LambdaFunction|Activity)(Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed)$|^EvaluationFailed$|^MapRunFailed$|^(Map|Parallel)StateFailed$/;
const WORSE = ['succeeded', 'aborted', 'caught', 'failed'];

/** What an event says beside its type. */
export function details(event) {
  const key = Object.keys(event).find(name => name.endsWith('EventDetails'));
  return (key && event[key]) || {};
}

/** A JSON text as a value; what is no JSON stays as it is. */
export const parsed = text => { try { return JSON.parse(text); } catch { return text; } };

/** What every name that an execution links to looks like. */
const ARNS = { execution: /^arn:[^:]*:states:[^:]*:[^:]*:(execution|express):/, mapRun: /^arn:[^:]*:states:[^:]*:[^:]*:mapRun:/ };
/** Which kind of name it is: `execution`, `mapRun` or null. */
export const kindOf = arn => typeof arn !== 'string' ? null : Object.keys(ARNS).find(kind => ARNS[kind].test(arn)) || null;

export class Journal {
  /** `scopes`: for every state the name of the state that it is within, or null. */
  constructor(scopes) {
    this.scopes = scopes;
    this.events = [];
    this.last = 0;
    /** How it ended or that it runs: the type of the last event of the whole, without `Execution`. */
    this.ended = null;
    this.fault = null;
    this.visits = [];
    this.byName = new Map();
    this.states = new Map();
    this.ways = new Set();
    this.at = new Map();
    /** The item of each event that began one: items of a map run at the same time. */
    this.begun = new Map();
    this.dirty = new Set();
  }

  /** Takes events; those that it has are passed over. */
  add(events) {
    for (const event of events) {
      if (event.id <= this.last) continue;
      this.last = event.id;
      this.events.push(event);
      this.take(event);
    }
    for (const name of this.dirty) this.states.set(name, summary(this.byName.get(name)));
    this.dirty.clear();
  }

  /** The visits of distributed maps whose run's counts may still change. */
  running() { return this.visits.filter(visit => visit.mapRun && !visit.counted); }

  /** Takes the counts of a map run, as `DescribeMapRun` gives them; `last`: it has ended. */
  counts(visit, { total, running, succeeded, failed, aborted, timedOut }, last) {
    // Until all have begun the run knows of no more than have.
    visit.items = { total: Math.max(total, visit.items ? visit.items.total : 0), started: running + succeeded + failed + aborted + timedOut, succeeded, failed: failed + timedOut };
    visit.counted = last;
    this.states.set(visit.name, summary(this.byName.get(visit.name)));
  }

  /** Whether a path went from the one state to the other; from null: whether it began there. */
  taken(from, to) { return this.ways.has(JSON.stringify([from, to])); }

  /** The state that an event belongs to, or null. */
  stateOf(event) {
    const visit = this.at.get(event.id);
    return visit ? visit.name : null;
  }

  take(event) {
    const said = details(event);
    const before = this.at.get(event.previousEventId) || null;
    const { type } = event;
    let visit = before;
    if (type.endsWith('StateEntered')) visit = this.enter(event, said, before);
    else if (type.endsWith('StateExited')) visit = this.exit(event, said, before);
    else if (type.startsWith('Execution')) return this.whole(event, said, before);
    else if (/^Map(State|Iteration|Run)/.test(type)) visit = this.container(before, 'Map', said.name);
    // It follows nothing, but says its state.
    else if (type === 'EvaluationFailed' && !before) visit = this.open(said.state);
    else if (type.startsWith('ParallelState')) visit = this.container(before, 'Parallel');
    if (!visit) return null;
    this.at.set(event.id, visit);
    visit.events.push(event.id);
    this.dirty.add(visit.name);
    if (!type.endsWith('StateExited')) this.within(visit, event, said, before);
    return null;
  }

  enter(event, said, before) {
    const scope = this.scopes.get(said.name) ?? null;
    const parent = scope === null ? null : climb(before, visit => visit.name === scope) || this.open(scope);
    const sibling = climb(before, visit => (this.scopes.get(visit.name) ?? null) === scope);
    const beside = sibling && sibling.parent === parent ? sibling : null;
    this.ways.add(JSON.stringify([beside && beside.name, said.name]));
    const visit = {
      name: said.name, type: event.type.replace('StateEntered', ''), entered: event.timestamp, exited: null, input: said.input, output: undefined,
      assigned: null, status: 'running', fault: null, retries: 0, attempts: [], items: null, mapRun: null, children: [], events: [],
      parent, item: this.begun.get(event.previousEventId) ?? (beside ? beside.item : parent ? parent.item : null), waits: event.type === 'WaitStateEntered',
    };
    this.visits.push(visit);
    if (!this.byName.has(visit.name)) this.byName.set(visit.name, []);
    this.byName.get(visit.name).push(visit);
    return visit;
  }

  exit(event, said, before) {
    const visit = climb(before, one => one.name === said.name) || this.open(said.name);
    if (!visit) return null;
    visit.exited = event.timestamp;
    visit.output = said.output;
    visit.assigned = said.assignedVariables || null;
    this.end(visit, visit.fault ? 'caught' : 'succeeded');
    this.endWithin(visit, 'aborted');
    return visit;
  }

  /** The nearest state of a type around an event, by name where one is said. */
  container(before, type, name) {
    const is = visit => visit.type === type && (name === undefined || visit.name === name);
    return climb(before, visit => is(visit) && visit.status === 'running') || climb(before, is) || (name === undefined ? null : this.open(name));
  }

  /** The last visit of a state that is still open, or else the last one. */
  open(name) {
    const all = this.byName.get(name) || [];
    return all.findLast(visit => visit.status === 'running') || all.at(-1) || null;
  }

  within(visit, event, said, before) {
    const { type } = event;
    if (visit.status === 'failed' || visit.status === 'aborted') this.again(visit);
    if (type.endsWith('Scheduled')) {
      if (visit.fault) visit.retries += 1;
      visit.fault = null;
      visit.waits = false;
      visit.attempts.push({ at: event.timestamp, ended: null, with: said.parameters ?? said.input, resource: said.resource, outcome: null });
    } else if (type.endsWith('Submitted')) {
      visit.waits = /waitForTaskToken$/.test(said.resource || '');
      this.link(visit, said.output);
    } else if (/^(Task|LambdaFunction|Activity)Succeeded$/.test(type)) {
      visit.waits = false;
      this.link(visit, said.output);
      outcome(visit, event, 'succeeded');
    } else if (FAULTS.test(type)) {
      visit.waits = false;
      // What a run failed with says more than that its state has failed.
      if (said.error !== undefined || said.cause !== undefined || !visit.fault) visit.fault = { error: said.error, cause: said.cause };
      outcome(visit, event, said.error || 'failed');
      if (/StateFailed$/.test(type)) this.endWithin(visit, 'aborted');
    } else if (type === 'ParallelStateStarted' || type === 'MapStateStarted') {
      if (visit.fault) visit.retries += 1;
      visit.fault = null;
      if (type === 'MapStateStarted') visit.items = { total: said.length, started: 0, succeeded: 0, failed: 0 };
    } else if (type === 'MapRunStarted') {
      visit.mapRun = said.mapRunArn;
    } else if (type.startsWith('MapIteration') && visit.items) {
      if (type.endsWith('Started')) {
        visit.items.started += 1;
        this.begun.set(event.id, said.index);
      }
      if (type.endsWith('Succeeded')) visit.items.succeeded += 1;
      if (type.endsWith('Failed')) visit.items.failed += 1;
      // The state that the item ended in has no end of its own.
      if (/(Failed|Aborted)$/.test(type)) {
        for (let one = before; one && one !== visit; one = one.parent) if (one.status === 'running') this.end(one, type.endsWith('Failed') ? 'failed' : 'aborted');
      }
    } else if (type === 'ActivityStarted' || type === 'TaskStarted') {
      visit.worker = said.workerName || null;
    }
  }

  whole(event, said, before) {
    this.ended = event.type === 'ExecutionStarted' || event.type === 'ExecutionRedriven' ? null : event.type.replace('Execution', '');
    if (event.type === 'ExecutionFailed') {
      this.fault = said;
      const running = visit => visit.status === 'running';
      const failed = climb(before, running) || this.visits.findLast(running);
      for (let visit = failed; visit; visit = visit.parent) {
        if (visit.status !== 'running') continue;
        visit.fault ||= { error: said.error, cause: said.cause };
        this.end(visit, 'failed');
      }
    }
    if (this.ended) for (const visit of this.visits) if (visit.status === 'running') this.end(visit, visit.fault ? 'failed' : 'aborted');
    if (event.type === 'ExecutionRedriven') this.fault = null;
    if (before) this.at.set(event.id, before);
    return null;
  }

  /** What was ended goes on: the execution began again. */
  again(visit) {
    for (let one = visit; one; one = one.parent) {
      one.status = 'running';
      this.dirty.add(one.name);
    }
  }

  end(visit, status) {
    visit.status = status;
    visit.waits = false;
    this.dirty.add(visit.name);
  }

  endWithin(container, status) {
    const inside = visit => { for (let one = visit.parent; one; one = one.parent) if (one === container) return true; return false; };
    for (let at = this.visits.length - 1; at >= 0 && this.visits[at] !== container; at -= 1) {
      const visit = this.visits[at];
      if (visit.status === 'running' && inside(visit)) this.end(visit, visit.fault || visit.type === 'Fail' ? 'failed' : status);
    }
  }

  /** Executions that a task started. */
  link(visit, output) {
    const value = parsed(output);
    const arn = value && (value.ExecutionArn || value.executionArn);
    if (kindOf(arn) === 'execution' && !visit.children.includes(arn)) visit.children.push(arn);
  }
}

function outcome(visit, event, said) {
  const attempt = visit.attempts.at(-1);
  if (attempt) Object.assign(attempt, { ended: event.timestamp, outcome: said });
}

/** The nearest of a visit and those around it that is wanted. */
function climb(visit, wanted) {
  for (let one = visit; one; one = one.parent) if (wanted(one)) return one;
  return null;
}

/** A state's visits as one: what a picture shows of it. */
function summary(visits) {
  const last = visits.at(-1);
  const running = visits.filter(visit => visit.status === 'running');
  let { status } = last;
  if (running.length) status = running.every(visit => visit.waits) ? 'waiting' : 'running';
  else if (last.parent) {
    // Of the items of one run the worst is told.
    const latest = new Map();
    for (const visit of visits) if (visit.parent === last.parent) latest.set(visit.item, visit.status);
    status = [...latest.values()].reduce((worst, one) => WORSE.indexOf(one) > WORSE.indexOf(worst) ? one : worst, 'succeeded');
  }
  const counted = visits.filter(visit => visit.items);
  const sum = key => counted.reduce((total, visit) => total + visit.items[key], 0);
  return {
    status, visits: visits.length, retries: visits.reduce((total, visit) => total + visit.retries, 0),
    items: counted.length ? { total: sum('total'), started: sum('started'), succeeded: sum('succeeded'), failed: sum('failed') } : null,
  };
}
