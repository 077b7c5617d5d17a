// The same messages as wire.py, for node.
'use strict';
const crypto = require('crypto');

const varint = value => {
  const out = [];
  for (; value > 127; value >>>= 7) out.push(value & 127 | 128);
  return Buffer.from([...out, value]);
};
const field = (number, data) => Buffer.concat([varint(number << 3 | 2), varint(data.length), data]);

function fields(message) {
  const out = [];
  let at = 0;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = message[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = number(), size = number();
    out.push([tag >> 3, message.subarray(at, at + size)]);
    at += size;
  }
  return out;
}

const pattern = Buffer.from(Array.from({ length: 256 }, (_, i) => i * 7 & 255));
const pad = size => Buffer.concat([...Array(Math.floor(size / 256)).fill(pattern), Buffer.alloc(size % 256)]);
const none = Buffer.alloc(0);

module.exports = {
  field, fields, pad,
  CUT: Buffer.from('the connection breaks here'), // what relay.py looks for
  repository: (storage, path) => field(1, Buffer.concat([field(2, Buffer.from(storage)), field(3, Buffer.from(path))])),
  message: (control, size = 0, head = none) =>
    Buffer.concat([head, size ? field(14, pad(size)) : none, control === undefined ? none : field(15, Buffer.from(JSON.stringify(control)))]),
  controlOf: data => JSON.parse((fields(data).find(([number]) => number === 15) || [0, '{}'])[1].toString()),
  rest: data => Buffer.concat(fields(data).filter(([number]) => number !== 1).map(([number, value]) => field(number, value))),
  digest: data => data.length + ':' + crypto.createHash('sha256').update(data).digest('hex').slice(0, 16),
  UNARY: '/gitaly.CommitService/FindCommit', CLIENT: '/gitaly.RepositoryService/ObjectsSize',
  SERVER: '/gitaly.RefService/ListRefs', BIDI: '/gitaly.CommitService/CheckObjectsExist',
  SPECIAL: '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n',
};
