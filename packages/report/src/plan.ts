import { checkAll, inputOf, type PlannedInputs, type StagePlan, UserError } from '@simclr/stage';
import type { ReportConfig } from './config.ts';
import { checkStudy, studyOf } from './study/items.ts';
import { checkTable8 } from './table8/entries.ts';

/** Nothing to say; throws UserError where what the page shows is not among the inputs. */
export default function planReport(config: ReportConfig, inputs: PlannedInputs): StagePlan {
  const { table8 } = config;
  if (config.study && table8)
    throw new UserError('two pages: report.study and report.table8. one report draws one of them. correct the config');
  const study = studyOf(config, inputs);
  if (table8) checkTable8(inputs);
  else if (study) checkStudy(inputs, study);
  else checkAll([() => inputOf(inputs, 'views'), () => inputOf(inputs, 'encoder')]);
  return { facts: {} };
}
