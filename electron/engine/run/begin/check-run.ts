import type { Recipe } from '../../../../shared/run/recipe.ts';
import { RECIPE_NETWORKS } from '../../../../shared/run/roles.ts';
import { countLineEpochs, LINES } from '../../../../shared/run/stages.ts';
import { Random } from '../../core/random.ts';
import type { Dataset } from '../../data/index.ts';
import { checkBudget } from '../context/budget.ts';
import { describeModel, recipeOfLine, requireReady, startModel } from '../context/models.ts';
import { freezeLatency } from '../context/run-latency.ts';
import { planSplits } from '../context/splits.ts';
import { openFileTeacher, pairFeatures } from '../teacher/run-teacher.ts';

/**
 * Finds, before anything is written, what would only fail after hours: taps and layers that do not exist, a budget out
 * of reach, a latency table that is not there, weights that cannot be read or do not fit, classes with too few images for their splits.
 *
 * @throws DecantError `recipe.invalid`, `network.invalid`, `dataset.classes`, `budget.unreachable`, `latency.unknown`, `weights.unreadable`, `weights.mismatch`
 */
export async function checkRun(home: string, recipe: Recipe, dataset: Dataset): Promise<void> {
  planSplits(recipe, dataset);
  const classes = dataset.classes.length;
  const random = new Random(recipe.seed);
  const student = describeModel(recipe, 'student', classes);
  const teacher = await openFileTeacher({ recipe, classes: dataset.classes, student, kept: null });
  await teacher?.close();
  if (!teacher) pairFeatures(recipe, describeModel(recipe, 'teacher', classes), student);
  checkBudget({ recipe, random, latency: freezeLatency(home, recipe, student) }, student);
  for (const role of RECIPE_NETWORKS) {
    if (recipe[role].weights === null) continue;
    const model = await startModel(recipe, role, { classes, random });
    if (countLineEpochs(role, recipe) === 0) requireReady(model, recipe, role);
  }
  // Without a teacher the student has another classifier, which the weights have to fit, too.
  if (recipe.student.head === 'teacher' && LINES.alone.wanted(recipe))
    await startModel(recipeOfLine(recipe, 'alone'), 'student', { classes, random });
}
