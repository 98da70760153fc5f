/** Calls back once those who started this process (npm, main.mjs) are gone. Returns a function that undoes it. */
export function onParentsGone(callback: () => void): () => void;
