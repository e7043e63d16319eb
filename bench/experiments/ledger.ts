import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomically } from '../../electron/engine/core/atomic-file.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import { readStored, writeStored } from '../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../shared/stored/recipe-form.ts';
import type { Images } from './experiment.ts';

/** One finished run: an arm with a seed. */
export interface Cell {
  readonly arm: string;
  readonly seed: number;
  /** By the names of the experiment's figures. */
  readonly figures: Readonly<Record<string, number | null>>;
  readonly teacherTop1: number | null;
  readonly elapsedMs: number;
  /** Commit of the sources, and the processor and threads that computed it. */
  readonly commit: string;
  readonly machine: string;
}

/** What an arm is computed with. */
export interface ArmRecipes {
  /** Of the teacher that all seeds share; null: each trains its own. */
  readonly teacher: PartialRecipe | null;
  readonly student: PartialRecipe;
}

/** What cells were computed with: those of other images or recipes are not added to them. */
export interface Protocol {
  readonly images: Images;
  readonly arms: Readonly<Record<string, ArmRecipes>>;
}

/** Everything that is known of an experiment. */
export interface Ledger {
  /** With every setting of every recipe, also those that were left to their defaults. */
  readonly protocol: Protocol;
  readonly cells: readonly Cell[];
}

/**
 * What was computed so far, or nothing. Arms that came or went since do not matter.
 *
 * @throws Error where an arm with cells has another recipe now, or the images are others
 */
export async function readLedger(path: string, given: Protocol): Promise<Ledger> {
  const { images, arms } = given;
  const protocol = {
    images,
    arms: mapValues(arms, ({ teacher, student }) => ({
      teacher: teacher && fillIn(withoutLessons(teacher)),
      student: fillIn(student),
    })),
  };
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return { protocol, cells: [] };
  const found = JSON.parse(text) as Ledger; // Written by writeLedger alone.
  const before = mapValues(found.protocol.arms, ({ teacher, student }) => ({
    teacher: teacher && renew(withoutLessons(teacher)),
    student: renew(student),
  }));
  const refuse = (what: string): never => {
    throw new Error(
      `${path} has results of ${what}; restore what they were computed with, or take them out of the file.`,
    );
  };
  if (!isDeepStrictEqual(found.protocol.images, images)) refuse('other images');
  for (const arm of new Set(found.cells.map((cell) => cell.arm)))
    if (arm in protocol.arms && !isDeepStrictEqual(before[arm], protocol.arms[arm]))
      refuse(`"${arm}" with other settings`);
  return { protocol: { images, arms: { ...before, ...protocol.arms } }, cells: found.cells };
}

/** A recipe with all settings, as it is stored. */
function fillIn(recipe: PartialRecipe): PartialRecipe {
  return writeStored(RECIPE_FORM, recipeSchema.parse(recipe));
}

/** A teacher's recipe without what its student learns by, which does not change the teacher. */
function withoutLessons(teacher: PartialRecipe): PartialRecipe {
  const { distill, ...rest } = teacher;
  return rest;
}

/** A stored recipe, with the settings that came since at their defaults; one that cannot be read stays different from all. */
function renew(stored: PartialRecipe): PartialRecipe {
  const read = readStored(RECIPE_FORM, stored);
  return read.ok ? fillIn(read.value) : stored;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Writes it with an arm and a run a line, so that what was added is seen as such. */
export async function writeLedger(path: string, { protocol, cells }: Ledger): Promise<void> {
  const arms = Object.entries(protocol.arms).map(
    ([name, recipes]) => `${JSON.stringify(name)}: ${JSON.stringify(recipes)}`,
  );
  const text = `{"protocol": {"images": ${JSON.stringify(protocol.images)}, "arms": {
${arms.join(',\n')}
}}, "cells": [
${cells.map((cell) => JSON.stringify(cell)).join(',\n')}
]}
`;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, text);
}
