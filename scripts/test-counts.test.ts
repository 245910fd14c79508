import { expect, test } from 'vitest';
import { addCounts, closingLine, countVitest } from './test-counts.mjs';

const report = (testResults: { status: string; assertionResults: { status: string }[] }[], numFailedTests: number): string =>
  JSON.stringify({ numPassedTests: 3, numFailedTests, numPendingTests: 1, numTodoTests: 0, testResults });

test('counts what the report says', () => {
  expect(countVitest(report([{ status: 'passed', assertionResults: [{ status: 'passed' }] }], 0), 0)).toEqual({ passed: 3, failed: 0, skipped: 1 });
  expect(countVitest(report([{ status: 'failed', assertionResults: [{ status: 'failed' }] }], 1), 1)).toEqual({ passed: 3, failed: 1, skipped: 1 });
});

test('a file that cannot be run is a failure', () => {
  expect(countVitest(report([{ status: 'failed', assertionResults: [] }], 0), 1).failed).toBe(1);
  expect(countVitest(report([{ status: 'failed', assertionResults: [] }, { status: 'failed', assertionResults: [{ status: 'failed' }] }], 1), 1).failed).toBe(2);
});

test('so is a runner that crashes, before or after its report', () => {
  expect(countVitest('', null)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countVitest(report([], 0), 1).failed).toBe(1);
  expect(countVitest(report([], 0), null).failed).toBe(1);
});

test('the closing line names skipped tests only where there are some', () => {
  expect(closingLine(addCounts([{ passed: 1, failed: 0, skipped: 0 }, { passed: 2, failed: 1, skipped: 0 }]))).toBe('3 passed, 1 failed');
  expect(closingLine({ passed: 3, failed: 0, skipped: 2 })).toBe('3 passed, 0 failed, 2 skipped');
});
