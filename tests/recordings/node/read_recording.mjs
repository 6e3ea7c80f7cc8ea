// Prints what stands in a recording as JSON, by the schemas in the file: node read_recording.mjs FILE
// Nothing of Eccentric is in here. Numbers beyond 2^53 become texts.
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { parse } from "@foxglove/rosmsg";
import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";

const bytes = readFileSync(process.argv[2]);
const decompressHandlers = { zstd: (packed) => new Uint8Array(zstdDecompressSync(packed)) };
const schemas = new Map();
const channels = new Map();
const decoders = new Map();
const found = {};

function decode(message) {
  const channel = channels.get(message.channelId);
  if (channel.messageEncoding === "json") {
    return JSON.parse(new TextDecoder().decode(message.data));
  }
  if (!decoders.has(channel.id)) {
    const schema = schemas.get(channel.schemaId);
    const text = new TextDecoder().decode(schema.data);
    decoders.set(channel.id, new MessageReader(parse(text, { ros2: true })));
  }
  return decoders.get(channel.id).readMessage(message.data);
}

function take(record) {
  if (record.type === "Schema") schemas.set(record.id, record);
  if (record.type === "Channel") channels.set(record.id, record);
  if (record.type === "Message") (found[channels.get(record.channelId).topic] ??= []).push(decode(record));
}

// Record after record: also what was never closed.
const stream = new McapStreamReader({ decompressHandlers, validateCrcs: true });
stream.append(bytes);
for (let record; (record = stream.nextRecord()); ) take(record);

// By the index at the end, which only a closed file has.
let indexed = null;
if (stream.done()) {
  const readable = {
    size: async () => BigInt(bytes.length),
    read: async (at, size) => bytes.subarray(Number(at), Number(at + size)),
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  indexed = 0;
  for await (const _ of reader.readMessages()) indexed += 1;
}

const plain = (_, value) =>
  typeof value === "bigint" ? value.toString() : ArrayBuffer.isView(value) ? Array.from(value) : value;
console.log(JSON.stringify({ found, indexed }, plain));
