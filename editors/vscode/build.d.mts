/** Writes the extension as a .vsix. */
export function packExtension(target: string): Promise<void>;
