import type { Client } from '../client.ts';
import type { FileInfo } from '../types.ts';

/** Where the files of a run or of a logged model are. Paths are checked. */
export interface Store {
  /** Writes one file; an older one at the same path is replaced. */
  put(path: string, data: Data): Promise<void>;
  /** Its bytes; none where they go into a file of this machine. */
  get(path: string, into?: string): Promise<Uint8Array>;
  /** Deletes a file, or a folder with what is in it. */
  remove(path: string): Promise<void>;
  /** What lies directly in a folder, in any order; the file itself, or nothing, for a file. */
  list(path: string | undefined): Promise<FileInfo[]>;
}

export type Data = string | Uint8Array<ArrayBuffer> | Blob;

/** What a store is made of. */
export interface At {
  client: Client;
  artifactUri: string;
  signal?: AbortSignal | undefined;
}
