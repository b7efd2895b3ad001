import { chromium } from './chromium.ts'
import { testEngine } from './scenarios.ts'

testEngine(chromium)
