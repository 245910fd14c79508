const WANTED = /\.(json|safetensors|gguf|jinja|txt|model)$/;

/** The files of a model folder that the loader may want: those at its top, not in folders within. */
export function modelFiles(files: readonly File[]): File[] {
  return files.filter(({ name, webkitRelativePath }) => WANTED.test(name) && webkitRelativePath.split('/').length <= 2);
}

/** The files that were dropped: those of the first folder, or the files themselves. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries are only to be had before the first await.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const folder = entries.find((entry) => entry instanceof FileSystemDirectoryEntry);
  const found = folder ? await readFolder(folder) : entries;
  const files = await Promise.all(found.filter((entry) => entry instanceof FileSystemFileEntry).map((entry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject))));
  return modelFiles(files);
}

async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // The reader gives a hundred or so at a time, and none at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}
