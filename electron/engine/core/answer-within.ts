/**
 * What work comes to, or an error where it takes longer. The work itself goes on: whoever began it ends it, or lets go of it once
 * it has ended by itself.
 */
export async function answerWithin<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
