// Makes a ZIP archive: the same bytes for the same files, as no time, owner or mode of this machine goes in.
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

// The first day that the format can say. yazl writes local time, so this is one in all time zones; the other field of
// time would be in UTC.
const sameEverywhere = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100644 };

/**
 * Returns a promise of the archive of `files` ({ name, data }), in their order; names have "/" between folders.
 * @throws Error for a name that would be outside of the folder, and for a file over 1 GiB
 */
export function zip(files) {
  const archive = new ZipFile();
  for (const { name, data } of files) archive.addBuffer(data, name, { ...sameEverywhere, compressionLevel: 9 });
  archive.end();
  return buffer(archive.outputStream);
}
