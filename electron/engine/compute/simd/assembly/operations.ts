// Every operation by its code; the codes are those of ../operation-codes.ts (a test compares the two lists).

import { activationGradientOfBlock, addManyOfBlock, axpyOfBlock, binaryColumnOfRows, binaryOfBlock, binaryReversedOfBlock, binaryRowOfRows, binaryScalarOfBlock, copyBlock, fillBlock, unaryOfBlock } from './elementwise';
import { backwardChannels, backwardRows, backwardSumsOfRows, joinBackwardOfChannels, joinStatisticsOfChannels, normalizeRows, scaleOfChannels, statisticsOfRows, trainChannels } from './batch-norm';
import { poolPixels, scaleBackward, scalePixels, spreadPixels } from './channels';
import { columnsToImage } from './convolution';
import { depthwise, depthwiseBackpropFilter, depthwiseBackpropFilterRows, depthwiseBackpropInput, flipFilter } from './depthwise';
import { multiply, multiplyTransposed, packShared } from './gemm';
import { adamWOfBlock, emaOfBlock, sgdOfBlock } from './optimizers';
import { columnSumsOfRows, joinPartials, rowSumsOfRows, sumOfBlock } from './reductions';

export function runTask(operation: i32, task: i32): void {
  switch (operation) {
    case 0: packShared(task); break;
    case 1: multiply(task); break;
    case 2: multiplyTransposed(task); break;
    case 3: columnsToImage(task); break;
    case 4: depthwise(task); break;
    case 5: flipFilter(task); break;
    case 6: depthwiseBackpropInput(task); break;
    case 7: depthwiseBackpropFilter(task); break;
    case 8: statisticsOfRows(task); break;
    case 9: joinStatisticsOfChannels(task); break;
    case 10: scaleOfChannels(task); break;
    case 11: normalizeRows(task); break;
    case 12: backwardSumsOfRows(task); break;
    case 13: joinBackwardOfChannels(task); break;
    case 14: backwardRows(task); break;
    case 15: trainChannels(task); break;
    case 16: backwardChannels(task); break;
    case 17: binaryOfBlock(task); break;
    case 18: binaryScalarOfBlock(task); break;
    case 19: binaryReversedOfBlock(task); break;
    case 20: unaryOfBlock(task); break;
    case 21: activationGradientOfBlock(task); break;
    case 22: fillBlock(task); break;
    case 23: copyBlock(task); break;
    case 24: axpyOfBlock(task); break;
    case 25: addManyOfBlock(task); break;
    case 26: binaryRowOfRows(task); break;
    case 27: binaryColumnOfRows(task); break;
    case 28: columnSumsOfRows(task); break;
    case 29: joinPartials(task); break;
    case 30: sumOfBlock(task); break;
    case 31: rowSumsOfRows(task); break;
    case 32: scalePixels(task); break;
    case 33: scaleBackward(task); break;
    case 34: poolPixels(task); break;
    case 35: spreadPixels(task); break;
    case 36: sgdOfBlock(task); break;
    case 37: adamWOfBlock(task); break;
    case 38: emaOfBlock(task); break;
    case 39: depthwiseBackpropFilterRows(task); break;
  }
}
