#!/usr/bin/node
// client.js ADDRESS STORAGE PATH: the same cases as client.py, by grpc-js.
'use strict';
const crypto = require('crypto'), fs = require('fs');
const grpc = require('@grpc/grpc-js');
const wire = require('./wire.js');
const { UNARY, CLIENT, SERVER, BIDI, message } = wire;

const [address, storage, path, ...only] = process.argv.slice(2);
const limits = { 'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': -1, 'grpc-node.max_session_memory': 1000 };
const connect = (more = {}) => address.startsWith('tls://')
  ? new grpc.Client(address.slice(6), grpc.credentials.createSsl(fs.readFileSync(process.env.CERT)), { ...limits, ...more })
  : new grpc.Client(address, grpc.credentials.createInsecure(), { ...limits, ...more });
const plain = connect(), gzip = connect({ 'grpc.default_compression_algorithm': 2 });
// A token is valid for half a minute only.
function bearer() {
  const now = String(Math.floor(Date.now() / 1000));
  return 'Bearer v2.' + crypto.createHmac('sha256', process.env.TOKEN || 'secret').update(now).digest('hex') + '.' + now;
}
const HEAD = wire.repository(storage, path);
const run = String(Date.now());
const bytes = value => value;

function headers(pairs = []) {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', bearer());
  for (const [key, value] of pairs) metadata.add(key, value);
  return metadata;
}

// The gateway's server adds content-length: 0 to answers that are all status.
function pairs(metadata) {
  const keys = Object.keys(metadata?.getMap() || {}).filter(key => !['date', 'server', 'content-type', 'user-agent', 'content-length'].includes(key)).sort();
  return keys.flatMap(key => metadata.get(key).map(value => [key, Buffer.isBuffer(value) ? value.toString('hex') : value]));
}

// Calls in the shape that the path has. Requests are written as onMessage asks for them where it is given, else all at once.
function ask(path, requests, { metadata, timeout = 60000, onMessage, client = plain } = {}) {
  return new Promise(done => {
    const received = [], options = { deadline: Date.now() + timeout };
    let initial, answer, call;
    const took = data => { received.push([wire.digest(data), wire.controlOf(data)]); };
    const single = (error, data) => { answer = data; };
    if (path === UNARY) call = client.makeUnaryRequest(path, bytes, bytes, requests[0], headers(metadata), options, single);
    else if (path === CLIENT) call = client.makeClientStreamRequest(path, bytes, bytes, headers(metadata), options, single);
    else if (path === SERVER) call = client.makeServerStreamRequest(path, bytes, bytes, requests[0], headers(metadata), options);
    else call = client.makeBidiStreamRequest(path, bytes, bytes, headers(metadata), options);
    call.on('error', () => {});
    call.on('metadata', metadata => { initial = metadata; });
    if (path === SERVER || path === BIDI) call.on('data', data => { took(data); onMessage?.(call, data); });
    call.on('status', status => setImmediate(() => {
      if (answer) took(answer);
      done({ code: grpc.status[status.code], details: status.details, initial: pairs(initial), trailing: pairs(status.metadata), messages: received });
    }));
    if (path === UNARY || path === SERVER) return;
    if (onMessage) { call.write(requests[0]); return; }
    for (const request of requests) call.write(request);
    call.end();
  });
}

const ended = async id => (await ask(SERVER, [message({ ask: id }, 0, HEAD)])).messages[0]?.[1].cancelled;
const large = (head = HEAD) => message({ sizes: [314159] }, 271828, head);
const codeOf = async path => (await shape(path)).code;
const shape = path => new Promise(done => {
  const call = plain.makeUnaryRequest(path, bytes, bytes, HEAD, headers(), { deadline: Date.now() + 10000 }, () => {});
  call.on('status', status => done({ code: grpc.status[status.code], details: status.details, trailing: pairs(status.metadata) }));
});

const asked = async (control, more) => (await ask(SERVER, [message(control, 0, HEAD)], more)).messages[0]?.[1];
async function servedAgain() {
  for (const until = Date.now() + 60000; Date.now() < until; await new Promise(next => setTimeout(next, 100))) {
    const got = await ask(UNARY, [message({ sizes: [9] }, 0, HEAD)], { timeout: 5000 });
    if (got.code === 'OK') return got.messages[0][0];
  }
}

const cases = {
  empty_unary: () => ask(UNARY, [HEAD]),
  large_unary: () => ask(UNARY, [large()]),
  client_streaming: () => ask(CLIENT, [27182, 8, 1828, 45904].map((size, at) => message(undefined, size, at ? undefined : HEAD))),
  server_streaming: () => ask(SERVER, [message({ sizes: [31415, 9, 2653, 58979] }, 0, HEAD)]),
  ping_pong: () => {
    const parts = [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]].map(([size, answer], at) => message({ sizes: [answer] }, size, at ? undefined : HEAD));
    let next = 1;
    return ask(BIDI, parts, { onMessage: call => (next < parts.length ? call.write(parts[next++]) : call.end()) });
  },
  empty_stream: () => ask(BIDI, [HEAD]),
  client_compressed_unary: () => ask(UNARY, [large()], { client: gzip }),
  client_compressed_streaming: () => ask(CLIENT, [27182, 45904].map((size, at) => message(undefined, size, at ? undefined : HEAD)), { client: gzip }),
  server_compressed_unary: () => ask(UNARY, [message({ compress: true, sizes: [314159] }, 271828, HEAD)]),
  server_compressed_streaming: () => ask(SERVER, [message({ compress: true, sizes: [31415, 92653] }, 0, HEAD)]),
  custom_metadata: async () => {
    const metadata = [['x-grpc-test-echo-initial', 'test_initial_metadata_value'], ['x-grpc-test-echo-trailing-bin', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
      ['x-grpc-test-echo-trailing-bin', Buffer.from('ababab', 'hex')], ['x-twice', 'one'], ['x-twice', 'two'], ['x-ascii', 'a, b;c="d" ~']];
    return [await ask(UNARY, [large()], { metadata }), await ask(BIDI, [large()], { metadata })];
  },
  cancel_after_begin: () => new Promise(done => {
    const call = plain.makeClientStreamRequest(CLIENT, bytes, bytes, headers(), {}, () => {});
    call.on('status', status => done(grpc.status[status.code]));
    setTimeout(() => call.cancel(), 50);
  }),
  cancel_after_first_response: async () => {
    const id = run + '-first';
    const got = await ask(BIDI, [message({ id, sizes: [31415] }, 27182, HEAD)], { onMessage: call => call.cancel() });
    return [got.code, got.messages.length, await ended(id)];
  },
  timeout_on_sleeping_server: async () => {
    const id = run + '-sleep', onMessage = () => {};
    const short = await ask(BIDI, [message({ sleep: 5 }, 27182, HEAD)], { timeout: 1, onMessage });
    const reached = await ask(BIDI, [message({ id, sleep: 5 }, 27182, HEAD)], { timeout: 1000, onMessage });
    return [short.code, reached.code, await ended(id)];
  },
  status_code_and_message: async () => {
    const part = message({ status: 'UNKNOWN', text: 'test status message' }, 0, HEAD);
    return [await ask(UNARY, [part]), await ask(BIDI, [part])];
  },
  every_status_code: async () => {
    const out = [];
    for (const [name, code] of Object.entries(grpc.status))
      if (typeof code === 'number' && code) out.push(await ask(SERVER, [message({ sizes: [1], status: name, text: name.toLowerCase() }, 0, HEAD)]));
    return out;
  },
  special_status_message: () => ask(UNARY, [message({ status: 'UNKNOWN', text: wire.SPECIAL }, 0, HEAD)]),
  status_details: async () => {
    const part = message({ status: 'FAILED_PRECONDITION', text: 'see details', details: true }, 0, HEAD);
    return [await ask(UNARY, [part]), await ask(SERVER, [part], { metadata: [['x-grpc-test-echo-initial', 'first']] })];
  },
  unimplemented_method: () => shape('/gitaly.RefService/FindTag'),
  unknown_method: () => codeOf('/gitaly.RefService/NoSuchMethod'),
  unimplemented_service: () => codeOf('/gitaly.NoSuchService/Method'),
  concurrent_large_unary: async () => [...new Set((await Promise.all(Array(100).fill(0).map(() => ask(UNARY, [large()])))).map(got => JSON.stringify(got)))],
  more_than_a_hundred_streams: async () => {
    let open = 0, all;
    const opened = new Promise(done => { all = done; });
    const got = await Promise.all(Array(150).fill(0).map(() => ask(BIDI, [message({ sizes: [9] }, 0, HEAD)], {
      onMessage: async call => { if (++open === 150) all(); await opened; call.end(); },
    })));
    return [open, [...new Set(got.map(one => JSON.stringify(one)))]];
  },
  soak: async () => {
    const seen = new Set();
    for (let i = 0; i < 300; i++) seen.add(JSON.stringify(await ask(UNARY, [message({ sizes: [3141] }, 2718, HEAD)])));
    return [...seen];
  },
  messages_of_8_mebibytes: async () => [await ask(UNARY, [message({ sizes: [8 << 20] }, 8 << 20, HEAD)]), await ask(CLIENT, [message(undefined, 8 << 20, HEAD), message(undefined, 8 << 20)])],
  answers_after_the_half_close: () => ask(BIDI, [message({ after_half_close: 3 }, 0, HEAD), message({ sizes: [5] })]),
  early_end_while_the_client_sends: () => ask(BIDI, [message({ sizes: [9], status: 'OUT_OF_RANGE', text: 'enough' }, 0, HEAD)], { onMessage: () => {} }),
  // Eight seconds without a byte of the call, while the client pings each second: longer than Kestrel would wait by default.
  silent_stream: () => {
    const client = connect({ 'grpc.keepalive_time_ms': 1000, 'grpc.keepalive_timeout_ms': 3000, 'grpc.keepalive_permit_without_calls': 1 });
    let answers = 0;
    return ask(BIDI, [message({ sizes: [9] }, 0, HEAD)], { client, onMessage: call => {
      if (answers++) call.end(); else setTimeout(() => call.write(message({ sizes: [9] })), 8000);
    } });
  },
  // A reader of 64 MiB stops after the first: the server comes to a stand, calls beside it go on, and what follows is whole.
  slow_reader: async () => {
    const id = run + '-reader', got = [];
    const call = plain.makeServerStreamRequest(SERVER, bytes, bytes, message({ id, stream: 64 }, 0, HEAD), headers(), { deadline: Date.now() + 120000 });
    call.on('error', () => {});
    const ended = new Promise(done => call.on('status', status => setImmediate(() => done(grpc.status[status.code]))));
    await new Promise(done => call.on('data', data => { got.push(wire.digest(data)); if (got.length === 1) { call.pause(); done(); } }));
    const stopped = (await asked({ how_far: id })).progress < 60;
    call.resume();
    const code = await ended;
    return [stopped, got.length, [...new Set(got)].sort(), code];
  },
  // An upload of 64 MiB to a server that takes nothing yet: the client comes to a stand, calls beside it go on, and what follows is whole.
  slow_server: () => new Promise(done => {
    let sent = 0, answer, beside, stopped;
    const call = plain.makeClientStreamRequest(CLIENT, bytes, bytes, headers(), { deadline: Date.now() + 120000 }, (error, data) => { answer = data; });
    call.on('status', status => setImmediate(() => done([stopped, beside, answer && wire.digest(answer), sent, grpc.status[status.code]])));
    (async () => {
      for (let number = 0; number < 64; number++) {
        await new Promise(written => call.write(message(number ? {} : { pause: 5 }, 1 << 20, number ? undefined : HEAD), written));
        sent++;
      }
      call.end();
    })();
    (async () => {
      beside = (await ask(UNARY, [message({ sizes: [9] }, 0, HEAD)])).messages[0][0];
      for (let last = -1; last !== sent;) { last = sent; await new Promise(next => setTimeout(next, 1000)); }
      stopped = sent < 60;
    })();
  }),
  many_small_messages: () => ask(CLIENT, Array.from({ length: 1000 }, (_, at) => message({}, at % 3, at ? undefined : HEAD))),
  // Nothing to route by: the gateway says so, and nothing hangs. What a server makes of it is its own affair.
  no_first_message: async () => { const { code } = await ask(CLIENT, []); return code === 'INVALID_ARGUMENT' || storage !== 'default'; },
  // The server is lost after the first MiB of two: never a clean end, never part of a message.
  cut_inside_a_message: async () => {
    const got = [];
    const call = connect({ 'grpc.use_local_subchannel_pool': 1 }).makeServerStreamRequest(SERVER, bytes, bytes, message({ cut: true }, 0, HEAD), headers(), { deadline: Date.now() + 30000 });
    call.on('error', () => {});
    call.on('data', data => got.push(wire.digest(data)));
    const code = await new Promise(done => call.on('status', status => done(grpc.status[status.code])));
    return [got, code !== 'OK' && code !== 'DEADLINE_EXCEEDED', await servedAgain()];
  },
  // The server sends GOAWAY and ends once its calls are done: this one goes on to its end, those after it reach the next server.
  goaway_during_a_call: async () => {
    const parts = [message({ sizes: [9] }, 0, HEAD), message({ go_away: true, pause: 1, sizes: [10] }), message({ sizes: [11] })];
    let next = 1;
    const got = await ask(BIDI, parts, { onMessage: call => (next < parts.length ? call.write(parts[next++]) : call.end()) });
    return [got.messages.map(([digest]) => digest), got.code, await servedAgain()];
  },
  deadline_reaches_the_server: () => asked({ deadline: 30 }, { timeout: 30000 }),
  health_without_a_token: () => new Promise(done => plain.makeUnaryRequest('/grpc.health.v1.Health/Check', bytes, bytes, Buffer.alloc(0), new grpc.Metadata(),
    { deadline: Date.now() + 10000 }, (error, data) => done(error ? String(error) : data.toString('hex')))),
  many_header_fields: () => ask(UNARY, [message({ sizes: [1] }, 0, HEAD)], { metadata: Array.from({ length: 100 }, (_, i) => ['x-field-' + i, 'v'.repeat(20)]) }),
  one_long_header_field: () => ask(UNARY, [message({ sizes: [1] }, 0, HEAD)], { metadata: [['x-long', 'v'.repeat(8000)]] }),
};

(async () => {
  let failed = 0;
  for (const [name, body] of Object.entries(cases)) {
    if (only.length && !only.includes(name)) continue;
    try {
      console.log(name, JSON.stringify(await body()));
    } catch (error) {
      failed++;
      console.log(name, 'FAILED', String(error.stack).slice(0, 500));
    }
  }
  process.exit(failed ? 1 : 0);
})();
