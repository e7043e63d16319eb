// Every operation by its code; the codes are those of ../operation-codes.ts (a test compares the two lists).

import { activationGradientOfBlock, addManyOfBlock, axpyOfBlock, binaryColumnOfRows, binaryOfBlock, binaryReversedOfBlock, binaryRowOfRows, binaryScalarOfBlock, copyBlock, fakeQuantizeGradientOfBlock, fakeQuantizeOfBlock, fillBlock, unaryOfBlock } from './elementwise';
import { gradientRows, joinBackwardOfChannels, joinStatisticsOfChannels, normalizeRows, statisticsOfRows, tableOfChannels, throughRows } from './batch-norm';
import { poolPixels, scaleBackward, scalePixels, spreadPixels } from './channels';
import { columnsToImage } from './convolution';
import { depthwise, depthwiseBackpropFilter, depthwiseBackpropFilterRows, depthwiseBackpropInput, flipFilter } from './depthwise';
import { depthwiseBackwardRows, depthwiseRows } from './depthwise-rows';
import { multiply, multiplyTransposed, packShared } from './gemm';
import { adamWOfBlock, emaOfBlock, sgdOfBlock } from './optimizers';
import { pointwiseBackwardRows, pointwiseRows } from './pointwise';
import { columnSumsOfRows, joinPartials, rowSumsOfRows, sumOfBlock } from './reductions';
import { squeezeImage, squeezeThroughPixels } from './squeeze';

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
    case 10: tableOfChannels(task); break;
    case 11: normalizeRows(task); break;
    case 12: throughRows(task); break;
    case 13: joinBackwardOfChannels(task); break;
    case 14: gradientRows(task); break;
    case 15: binaryOfBlock(task); break;
    case 16: binaryScalarOfBlock(task); break;
    case 17: binaryReversedOfBlock(task); break;
    case 18: unaryOfBlock(task); break;
    case 19: activationGradientOfBlock(task); break;
    case 20: fillBlock(task); break;
    case 21: copyBlock(task); break;
    case 22: axpyOfBlock(task); break;
    case 23: addManyOfBlock(task); break;
    case 24: binaryRowOfRows(task); break;
    case 25: binaryColumnOfRows(task); break;
    case 26: columnSumsOfRows(task); break;
    case 27: joinPartials(task); break;
    case 28: sumOfBlock(task); break;
    case 29: rowSumsOfRows(task); break;
    case 30: scalePixels(task); break;
    case 31: scaleBackward(task); break;
    case 32: poolPixels(task); break;
    case 33: spreadPixels(task); break;
    case 34: sgdOfBlock(task); break;
    case 35: adamWOfBlock(task); break;
    case 36: emaOfBlock(task); break;
    case 37: depthwiseBackpropFilterRows(task); break;
    case 38: fakeQuantizeOfBlock(task); break;
    case 39: fakeQuantizeGradientOfBlock(task); break;
    case 40: pointwiseRows(task); break;
    case 41: pointwiseBackwardRows(task); break;
    case 42: depthwiseRows(task); break;
    case 43: depthwiseBackwardRows(task); break;
    case 44: squeezeImage(task); break;
    case 45: squeezeThroughPixels(task); break;
  }
}
