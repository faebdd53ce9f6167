// Definitions to begin with. Each is complete: it runs as it stands, or says which of its lines names something of one's own.

const write = value => JSON.stringify(value, null, 2);

/** Each: a name, what it shows, the definition's text and an input that it runs with. */
export const TEMPLATES = [
  {
    name: 'Hello', about: 'one state that answers', input: { name: 'Ada' },
    definition: write({
      Comment: 'Says hello to whoever the input names.', QueryLanguage: 'JSONata', StartAt: 'Greet',
      States: { Greet: { Type: 'Pass', Output: { greeting: "{% 'Hello, ' & $states.input.name & '!' %}" }, End: true } },
    }),
  },
  {
    name: 'Choice', about: 'what comes next depends on the input', input: { amount: 1200 },
    definition: write({
      Comment: 'Small sums pass, large ones wait a moment, negative ones fail.', QueryLanguage: 'JSONata', StartAt: 'How much?',
      States: {
        'How much?': {
          Type: 'Choice', Default: 'Accept',
          Choices: [{ Condition: '{% $states.input.amount < 0 %}', Next: 'Refuse' }, { Condition: '{% $states.input.amount > 1000 %}', Next: 'Think about it' }],
        },
        'Think about it': { Type: 'Wait', Seconds: 3, Next: 'Accept' },
        Accept: { Type: 'Pass', Output: { accepted: '{% $states.input.amount %}' }, End: true },
        Refuse: { Type: 'Fail', Error: 'Amount.Negative', Cause: "{% 'nobody pays ' & $states.input.amount %}" },
      },
    }),
  },
  {
    name: 'Parallel', about: 'branches at the same time, their answers put together', input: { words: ['sheet', 'fold', 'leaf'] },
    definition: write({
      Comment: 'Counts words and letters at the same time.', QueryLanguage: 'JSONata', StartAt: 'Count',
      States: {
        Count: {
          Type: 'Parallel', End: true, Output: { words: '{% $states.result[0] %}', letters: '{% $states.result[1] %}' },
          Branches: [
            { StartAt: 'Words', States: { Words: { Type: 'Pass', Output: '{% $count($states.input.words) %}', End: true } } },
            { StartAt: 'Letters', States: { Letters: { Type: 'Pass', Output: "{% $length($join($states.input.words)) %}", End: true } } },
          ],
        },
      },
    }),
  },
  {
    name: 'Map', about: 'the same states for each item of a list', input: { lines: [{ item: 'paper', count: 500 }, { item: 'ink', count: 2 }, { item: 'thread', count: 0 }] },
    definition: write({
      Comment: 'Goes through the lines of an order, two at a time.', QueryLanguage: 'JSONata', StartAt: 'Each line',
      States: {
        'Each line': {
          Type: 'Map', Items: '{% $states.input.lines %}', MaxConcurrency: 2, End: true,
          ItemProcessor: {
            StartAt: 'Any?',
            States: {
              'Any?': { Type: 'Choice', Choices: [{ Condition: '{% $states.input.count > 0 %}', Next: 'Pack' }], Default: 'Leave out' },
              Pack: { Type: 'Wait', Seconds: 1, Next: 'Packed' },
              Packed: { Type: 'Pass', Output: "{% $states.input.count & ' of ' & $states.input.item %}", End: true },
              'Leave out': { Type: 'Pass', Output: "{% 'no ' & $states.input.item %}", End: true },
            },
          },
        },
      },
    }),
  },
  {
    name: 'Retry and catch', about: 'a call that may fail, tried again, and what happens when it does not help', input: { order: 7 },
    definition: write({
      Comment: 'Calls a function. Put the name of one of your own in place of acme-charge.', QueryLanguage: 'JSONata', StartAt: 'Charge',
      States: {
        Charge: {
          Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', TimeoutSeconds: 30,
          Arguments: { FunctionName: 'acme-charge', Payload: '{% $states.input %}' }, Output: '{% $states.result.Payload %}',
          Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2, JitterStrategy: 'FULL' }],
          Catch: [{ ErrorEquals: ['States.ALL'], Output: { order: '{% $states.input.order %}', why: '{% $states.errorOutput.Error %}' }, Next: 'Tell somebody' }],
          Next: 'Charged',
        },
        'Tell somebody': { Type: 'Pass', Next: 'Not charged' },
        'Not charged': { Type: 'Fail', Error: 'Order.NotCharged', Cause: "{% 'order ' & $states.input.order & ': ' & $states.input.why %}" },
        Charged: { Type: 'Succeed' },
      },
    }),
  },
  {
    name: 'Wait for a token', about: 'somebody outside decides, and the execution waits for it', input: { document: 'Travel policy' },
    definition: write({
      Comment: 'Hands a task token to whoever is to decide, here to an execution of its own that only keeps the question. Whoever has the token answers.',
      QueryLanguage: 'JSONata', StartAt: 'A question?',
      States: {
        'A question?': { Type: 'Choice', Choices: [{ Condition: '{% $exists($states.input.token) %}', Next: 'Asked' }], Default: 'Ask' },
        Asked: { Type: 'Succeed' },
        Ask: {
          Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.waitForTaskToken', TimeoutSeconds: 86400,
          Arguments: {
            StateMachineArn: '{% $states.context.StateMachine.Id %}',
            Input: { token: '{% $states.context.Task.Token %}', question: "{% 'May ' & $states.input.document & ' be published?' %}" },
          },
          Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Nobody answered' }], Next: 'Yes?',
        },
        'Yes?': { Type: 'Choice', Choices: [{ Condition: '{% $states.input.approved = true %}', Next: 'Publish' }], Default: 'Put it back' },
        Publish: { Type: 'Succeed' },
        'Put it back': { Type: 'Fail', Error: 'Approval.Refused', Cause: '{% $string($states.input) %}' },
        'Nobody answered': { Type: 'Fail', Error: 'Approval.TimedOut' },
      },
    }),
  },
];
