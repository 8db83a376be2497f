// A message centre by a library that is not ours: it does what it is told on standard input, one
// JSON object a line, and tells on standard output all that comes to it.
'use strict';
const readline = require('node:readline');
const smpp = require('smpp');

smpp.encodings.default = 'ASCII';
let session = null;
let numbered = 0;
let throttled = 0;
let mute = 0;
let receipts = true;

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');

const server = smpp.createServer((opened) => {
  opened.on('error', () => {});
  opened.on('close', () => {
    if (session === opened) session = null;
    tell({ closed: true });
  });
  opened.on('bind_transceiver', (pdu) => {
    if (pdu.password !== 'secret') {
      opened.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
      return;
    }
    opened.send(pdu.response({ system_id: 'centre' }));
    session = opened;
    tell({ bound: pdu.system_id });
  });
  opened.on('enquire_link', (pdu) => {
    opened.send(pdu.response());
    tell({ enquired: true });
  });
  opened.on('unbind', (pdu) => {
    opened.send(pdu.response());
    tell({ unbound: true });
  });
  opened.on('submit_sm', (pdu) => submitted(opened, pdu));
});

function submitted(opened, pdu) {
  if (mute > 0) {
    mute -= 1;
    tell({ unanswered: true });
    return;
  }
  if (throttled > 0) {
    throttled -= 1;
    opened.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    tell({ throttled: true });
    return;
  }
  const number = `c-${++numbered}`;
  opened.send(pdu.response({ message_id: number }));
  const said = pdu.short_message;
  tell({
    submitted: number,
    to: pdu.destination_addr,
    from: pdu.source_addr,
    coding: pdu.data_coding,
    text: said.message,
    head: said.udh ? Buffer.concat(said.udh).toString('hex') : '',
  });
  if (receipts) receipt(opened, pdu, number);
}

function receipt(opened, pdu, number) {
  opened.deliver_sm({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${number} sub:001 dlvrd:001 submit date:2611231200 done date:2611231200 stat:DELIVRD err:000 text:`,
  }, (answer) => tell({ receipted: number, status: answer.command_status }));
}

function deliver(order) {
  const message = order.head
    ? { udh: Buffer.from(order.head, 'hex'), message: order.text }
    : order.text;
  session.deliver_sm({
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: order.from,
    destination_addr: order.to,
    esm_class: order.head ? 0x40 : 0,
    data_coding: order.coding,
    short_message: message,
  }, (answer) => tell({ acknowledged: order.deliver, status: answer.command_status }));
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  if ('deliver' in order) deliver(order);
  if (order.cut) session.socket.destroy();
  if ('throttle' in order) throttled = order.throttle;
  if ('mute' in order) mute = order.mute;
  if ('receipts' in order) receipts = order.receipts;
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => tell({ listening: server.address().port }));
