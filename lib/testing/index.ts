<<<<<<< HEAD
export { backplaneTests, type BackplaneTest, type BackplaneTestHooks } from './backplane.ts'
export { memoryBackplane, type MemoryBackplane, type MemoryBackplaneOptions } from '../backplane/memory-backplane.ts'
=======
export { memoryBackplane, type MemoryBackplane, type MemoryBackplaneOptions } from '../backplane/memory-backplane.ts'
export { backplaneTests, type BackplaneTest, type BackplaneTestHooks } from './backplane.ts'
>>>>>>> A
export { fakeIcecast, type FakeIcecast } from './fake-icecast.ts'
export type { Fault, FaultOptions } from './faults.ts'
export { historyStoreTests, type HistoryStoreTest } from './history-store.ts'
export type { Credentials, FakeIcecastOptions, SourceOptions, Title, TitleFields, Version } from './options.ts'
export type { LoggedRequest } from './request.ts'
