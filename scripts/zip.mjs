// Makes a ZIP archive: the same bytes for the same files, as no time, owner or mode of this machine goes in.
//
// Layout: PKWARE's APPNOTE.TXT, 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (end of central directory).
import { deflateRawSync } from "node:zlib";

const deflated = 8;
const utf8Names = 0x0800;
const version20 = 20;
// 1980-01-01 00:00:00, the first time that the format can say.
const firstDate = (1 << 5) | 1;
const greatestSize = 0xffff_ffff;
const greatestCount = 0xffff;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of ISO 3309, as ZIP has it; Node's own came with 20.15. */
export function crc32(bytes) {
  let value = 0xffff_ffff;
  for (const byte of bytes) value = crcTable[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffff_ffff) >>> 0;
}

/** What the local header and the central directory both say of a file, from "version needed" to "extra field length". */
function description({ name, data }, packed) {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(version20, 0);
  bytes.writeUInt16LE(utf8Names, 2);
  bytes.writeUInt16LE(deflated, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt16LE(firstDate, 8);
  bytes.writeUInt32LE(crc32(data), 10);
  bytes.writeUInt32LE(packed.length, 14);
  bytes.writeUInt32LE(data.length, 18);
  bytes.writeUInt16LE(Buffer.byteLength(name), 22);
  return bytes;
}

function signature(text) {
  return Buffer.from(`PK${text}`, "latin1");
}

/**
 * The archive of these files ({ name, data }), in their order; names have "/" between folders.
 * @throws RangeError for more than the format without ZIP64 holds
 */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const file of files) {
    const packed = deflateRawSync(file.data, { level: 9 });
    const about = description(file, packed);
    const name = Buffer.from(file.name);
    const local = Buffer.concat([signature("\x03\x04"), about, name, packed]);
    // Made by: MS-DOS, whose attributes are none; then comment, disk, attributes and the local header's place.
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    directory.push(signature("\x01\x02"), Buffer.from([version20, 0]), about, entry, name);
    parts.push(local);
    offset += local.length;
    if (offset > greatestSize) throw new RangeError("the archive would be over 4 GiB");
  }
  if (files.length > greatestCount) throw new RangeError("the archive would have over 65,535 files");
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, signature("\x05\x06"), end]);
}
