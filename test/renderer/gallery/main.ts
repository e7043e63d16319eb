import '../../../renderer/ui/base.css';
import { mount } from 'svelte';
import ChartGallery from './ChartGallery.svelte';
import GrowingChart from './GrowingChart.svelte';
import KitGallery from './KitGallery.svelte';
import LongTable from './LongTable.svelte';

const PAGES = { '#kit': KitGallery, '#charts': ChartGallery, '#growing': GrowingChart, '#table': LongTable };
const page = Object.entries(PAGES).find(([hash]) => hash === location.hash)?.[1] ?? KitGallery;
const target = document.getElementById('app');
if (target) mount(page, { target });
