import { test } from 'tap'
import { FeedSelector } from '../../../lib/icecast/feeds/feed-selector.ts'

test('2.4 and kh have one feed, which is always selected', (t) => {
  const selector = new FeedSelector()
  selector.report('a', false)
  t.equal(selector.select('stats', 0), 'stats')
  t.equal(selector.select('stats-kh', 0), 'stats-kh')
  t.end()
})

test('2.5: STATS is selected until a report shows a change while a mount is live', (t) => {
  const selector = new FeedSelector()
  selector.report('a', true)
  selector.report('a', true)
  t.equal(selector.select('eventfeed', 0), 'stats')
  selector.report('b', false)
  t.equal(selector.select('eventfeed', 0), 'stats')
  selector.report('c', true)
  t.equal(selector.select('eventfeed', 0), 'eventfeed')
  selector.report('d', false)
  t.equal(selector.select('eventfeed', 0), 'eventfeed', 'an open event feed stays open when the last source leaves')
  t.end()
})

test('2.5: after the event feed has ended, STATS is selected until the next change', (t) => {
  const selector = new FeedSelector()
  for (const snapshot of ['a', 'b']) selector.report(snapshot, true)
  t.equal(selector.select('eventfeed', 0), 'eventfeed')
  selector.eventFeedEnded(false, 0)
  selector.report('c', true)
  t.equal(selector.select('eventfeed', 0), 'stats', 'the change may be older than the end of the feed')
  selector.report('d', true)
  t.equal(selector.select('eventfeed', 0), 'eventfeed')
  t.end()
})

test('2.5: an event feed that was refused is not requested again for ten minutes', (t) => {
  const selector = new FeedSelector()
  for (const snapshot of ['a', 'b']) selector.report(snapshot, true)
  t.equal(selector.select('eventfeed', 0), 'eventfeed')
  selector.eventFeedEnded(true, 0)
  for (const snapshot of ['c', 'd']) selector.report(snapshot, true)
  t.equal(selector.select('eventfeed', 599_999), 'stats')
  t.equal(selector.select('eventfeed', 600_000), 'eventfeed')
  t.end()
})
