// What is said of approvals, in the same words everywhere.

const OUTCOMES = {
  APPROVED: ['approved', 'up'], REJECTED: ['rejected', 'down'], CHANGES_REQUESTED: ['changes requested', 'starting'], EXPIRED: ['expired', 'starting'],
  WITHDRAWN: ['withdrawn', 'soft'], CANCELLED: ['not waited for any more', 'soft'],
};
export const outcomeWords = outcome => outcome ? (OUTCOMES[outcome] || [outcome.toLowerCase()])[0] : 'open';
export const outcomeState = outcome => outcome ? (OUTCOMES[outcome] || ['', 'soft'])[1] : 'starting';

const VERDICTS = { approve: ['approved', 'up'], reject: ['rejected', 'down'], request_changes: ['asked for changes', 'starting'] };
export const verdictWords = verdict => (VERDICTS[verdict] || [verdict])[0];
export const verdictState = verdict => (VERDICTS[verdict] || ['', ''])[1];

/** `user:ada` as people say it. */
export const readerWords = reader => reader.startsWith('user:') ? reader.slice(5) : reader.startsWith('group:') ? `anyone of ${reader.slice(6)}` : reader;

/** An event of the record, in a sentence without who and when. */
export function eventWords(event) {
  const stage = event.name || (event.stage === undefined ? '' : `stage ${event.stage + 1}`);
  switch (event.kind) {
    case 'requested': return 'asked for it';
    case 'stage_opened': return `“${stage}” is asked`;
    case 'stage_skipped': return `“${stage}” was not needed`;
    case 'stage_approved': return `“${stage}” approved`;
    case 'claimed': return 'took it to decide alone';
    case 'released': return 'gave it back to the others';
    case 'delegated': return `handed it on to ${event.to}`;
    case 'decided': return `${verdictWords(event.verdict)}${event.document_version ? ` version ${event.document_version}` : ''}`;
    case 'reminded': return `reminded, ${event.times} ${event.times === 1 ? 'time' : 'times'} by now`;
    case 'escalated': return `${event.replaced ? 'asked instead' : 'asked as well'}: ${event.to.map(readerWords).join(', ')}`;
    case 'deadline_passed': return `the deadline passed: ${{ approve: 'approved', reject: 'rejected', expire: 'expired' }[event.default] || event.default}`;
    case 'commented': return 'said';
    case 'ended': return `ended: ${outcomeWords(event.outcome)}`;
    default: return event.kind.replaceAll('_', ' ');
  }
}
