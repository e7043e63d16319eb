/** What the main process needs of the desktop around it; Electron's is in electron-desktop.ts. */
export interface Desktop {
  /** The file or folder that the user picks; null where it is none. */
  pick(options: PickOptions): Promise<string | null>;
  /** The file that the user wants to save to; null where it is none. */
  pickTarget(options: { title: string; defaultName: string; filters: FileFilter[] }): Promise<string | null>;
  /** Whether the user accepts; the button that refuses is the one that Enter and Escape press. */
  confirm(question: Question): Promise<boolean>;
  /** Opens a file or folder with its program. Throws with the reason where there is none. */
  open(path: string): Promise<void>;
  showInFolder(path: string): void;
  copy(text: string): void;
  describe(): { version: string; electron: string };
}

export interface Question {
  title: string;
  message: string;
  /** Below the message, a line for each thing. */
  detail: string;
  /** On the button that accepts. */
  accept: string;
}

export interface PickOptions {
  title: string;
  kind: 'file' | 'folder';
  filters?: FileFilter[];
}

export interface FileFilter {
  name: string;
  extensions: string[];
}
