export function inGit(root: string): boolean;
export function dvcFollowsGit(root: string): Promise<void>;
