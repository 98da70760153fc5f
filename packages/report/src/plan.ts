import { checkAll, inputOf, type PlannedInputs, type StagePlan } from '@simclr/stage';
import type { ReportConfig } from './config.ts';
import { checkStudy } from './study/items.ts';

/** Nothing to say; throws UserError where what the page shows is not among the inputs. */
export default function planReport({ study }: ReportConfig, inputs: PlannedInputs): StagePlan {
  if (study) checkStudy(inputs, study);
  else checkAll([() => inputOf(inputs, 'views'), () => inputOf(inputs, 'encoder')]);
  return { facts: {} };
}
