#!/usr/bin/node
// server.js PORT: the same node as server.py, made with grpc-js.
'use strict';
const grpc = require('@grpc/grpc-js');
const wire = require('./wire.js');

const calls = new Map(), progress = new Map(), MEBIBYTE = 1 << 20;
const bytes = value => value;
const wait = ms => new Promise(done => setTimeout(done, ms));

function own(metadata) {
  // The gateway adds the correlation id.
  return Object.keys(metadata.getMap()).filter(key => key.startsWith('x-') && key !== 'x-gitlab-correlation-id').flatMap(key => metadata.get(key).map(value => [key, value]));
}

function echo(pairs, prefix) {
  const metadata = new grpc.Metadata();
  for (const [key, value] of pairs) if (key.startsWith(prefix)) metadata.add(key, value);
  return metadata;
}

async function ask(id) {
  const until = Date.now() + 10000;
  while (!calls.get(id)?.cancelled && Date.now() < until) await wait(10);
  return wire.message(calls.get(id) || { never: true });
}

// How far that stream has come once it has not moved for a second.
async function settled(id) {
  let last, since = Date.now();
  while (Date.now() - since < 1000) {
    if (progress.get(id) !== last) [last, since] = [progress.get(id), Date.now()];
    await wait(20);
  }
  return last;
}

function serve(path) {
  return call => {
    const metadata = own(call.metadata), trailing = echo(metadata, 'x-grpc-test-echo-trailing'), initial = echo(metadata, 'x-grpc-test-echo-initial');
    if (Object.keys(initial.getMap()).length) call.sendMetadata(initial);
    const seen = [];
    let total = 0, sent = 0, after = 0, failed = false, last = Promise.resolve();
    const send = data => { sent++; return call.write(data); };
    const take = async data => {
      if (failed) return;
      const control = wire.controlOf(data);
      seen.push(wire.digest(wire.rest(data)));
      if (control.id) { const ended = { cancelled: false }; calls.set(control.id, ended); call.on('cancelled', () => { ended.cancelled = true; }); }
      for (let i = 0; i < (control.sleep || 0) * 100 && !call.cancelled; i++) await wait(10);
      total += wire.fields(data).filter(([number]) => number === 14).reduce((sum, [, value]) => sum + value.length, 0);
      if (control.pause) { call.pause(); await wait(control.pause * 1000); call.resume(); }
      after = control.after_half_close || after;
      for (let number = 0; number < (control.stream || 0) && !call.cancelled; number++) {
        progress.set(control.id, number);
        if (!send(wire.message({ number }, MEBIBYTE))) await new Promise(done => { call.once('drain', done); call.once('cancelled', done); });
      }
      if (control.deadline) {
        const left = (call.getDeadline() - Date.now()) / 1000;
        send(wire.message({ in_time: control.deadline - 10 < left && left < control.deadline + 1 }));
      }
      // GOAWAY to all, then the end once the calls under way are done.
      if (control.go_away) server.tryShutdown(() => process.exit(0));
      if (control.cut) send(Buffer.concat([wire.pad(MEBIBYTE), wire.CUT, wire.pad(MEBIBYTE)]));
      for (const size of control.sizes || []) send(wire.message({ seen: seen[seen.length - 1] }, size));
      if (control.status) {
        failed = true;
        if (control.details) trailing.set('grpc-status-details-bin', Buffer.from('08021200ff0064657461696c73', 'hex'));
        call.emit('error', { code: grpc.status[control.status], details: control.text, metadata: trailing });
      }
      if (control.ask) send(await ask(control.ask));
      if (control.how_far) send(wire.message({ progress: await settled(control.how_far) }));
    };
    call.on('data', data => { last = last.then(() => take(data)); });
    call.on('end', () => { last = last.then(() => {
      if (failed) return;
      for (let number = 0; number < after; number++) send(wire.message({ after: number }));
      if (path === wire.CLIENT) send(wire.message({ total, seen }));
      else if (path === wire.UNARY && !sent) send(Buffer.alloc(0));
      trailing.set('x-seen', JSON.stringify(metadata.map(([key, value]) => [key, Buffer.isBuffer(value) ? value.toString('hex') : value]).sort()));
      call.end(trailing);
    }); });
  };
}

const server = new grpc.Server({
  'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': -1, 'grpc-node.max_session_memory': 1000,
});
for (const path of [wire.UNARY, wire.CLIENT, wire.SERVER, wire.BIDI]) server.register(path, serve(path), bytes, bytes, 'bidi');
server.register('/grpc.health.v1.Health/Check', (call, done) => done(null, Buffer.from([8, 1])), bytes, bytes, 'unary');
server.bindAsync('127.0.0.1:' + process.argv[2], grpc.ServerCredentials.createInsecure(), error => { if (error) throw error; });
